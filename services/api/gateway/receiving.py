"""Counts the threads that are blocked on reading a request, since clients may send slowly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Idents of threads; each thread adds and removes only its own, so that no lock is needed.
_receiving: set[int] = set()


@contextmanager
def receiving() -> Iterator[None]:
    """Count this thread until its request is `mark_received` or fails."""
    _receiving.add(threading.get_ident())
    try:
        yield
    finally:
        mark_received()


def mark_received() -> None:
    """Stop counting this thread: all of its request has been read."""
    _receiving.discard(threading.get_ident())


def count() -> int:
    """Return how many threads are blocked on their clients."""
    return len(_receiving)

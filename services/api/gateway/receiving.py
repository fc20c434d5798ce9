"""Which of a worker's threads wait for their clients, who may send slowly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Threads whose request is still on its way; each adds and takes away itself alone.
_receiving: set[int] = set()


@contextmanager
def begun() -> Iterator[None]:
    """From here on this thread waits for its client to send a request, until it is `received` or given up."""
    _receiving.add(threading.get_ident())
    try:
        yield
    finally:
        received()


def received() -> None:
    """The request that this thread has waited for is there."""
    _receiving.discard(threading.get_ident())


def receiving() -> int:
    """How many threads wait for their clients."""
    return len(_receiving)

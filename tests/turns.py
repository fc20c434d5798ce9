"""Tests that compare times have the machine for themselves; all others run side by side."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from embedded.waiting import wait_until

TURN_SECONDS = 3600  # the longest that one test may take


@contextmanager
def turn(folder: Path, alone: bool) -> Iterator[None]:
    """Wait until no other process with the same folder has its turn, or none that is alone.

    Raises TimeoutError after TURN_SECONDS. Whoever waits to be alone holds the turnstile, so that nobody who comes
    later goes first. A process that ends has left its turn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "turnstile").open("w") as turnstile, (folder / "machine").open("w") as machine:
        _lock(turnstile, fcntl.LOCK_EX)
        _lock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(turnstile, fcntl.LOCK_UN)
        yield


def _lock(file: IO[str], kind: int) -> None:
    def is_locked() -> bool:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    wait_until(is_locked, f"another process's test to end ({file.name})", TURN_SECONDS)

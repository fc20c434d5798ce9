"""The file that a history is kept in: append-only, and shared by processes that may be killed at any moment."""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from petalstream.files import open_below
from petalstream.history.events import Event

HISTORY = "history.jsonl"
# What is read of a longer file, its end: more than the thousand entries that are shown.
TAIL_BYTES, TAIL_EVENTS = 2 * 1024 * 1024, 2_000
LOCK_SECONDS = 2.0
# Given the events of the file, what is to be appended, if anything.
Decide = Callable[[Sequence[Event]], Event | None]
log = logging.getLogger(__name__)


def read_events(folder: Path, model: str) -> list[Event]:
    """Return the events in `folder`/`model`/history.jsonl in the order of the file; none if there is no such file.

    Of a very long file these are the last ones. A last line that was not written in full is left out. Raises OSError
    for a file that cannot be read.
    """
    try:
        descriptor = open_below(folder, f"{model}/{HISTORY}", os.O_RDONLY)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        return _parse(_tail(file.fileno()))


def append(folder: Path, model: str, decide: Decide) -> None:
    """Append the event that `decide` returns, if any. A history that cannot be written is a warning in the log.

    `decide` is called again while the file is locked: of several processes, the second one sees what the first one has
    written.
    """
    try:
        if decide(read_events(folder, model)):
            _append(folder, model, decide)
    except OSError as error:
        _warn_once(folder / model / HISTORY, error.strerror or str(error))


def _append(folder: Path, model: str, decide: Decide) -> None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    with os.fdopen(open_below(folder, f"{model}/{HISTORY}", flags), "ab") as file, _locked(file.fileno()):
        content = _tail(file.fileno())
        events = _parse(content)
        if event := decide(events):
            # What a crash has left of a line must not become the beginning of the next one.
            file.write((b"\n" if content and not content.endswith(b"\n") else b"") + _in_order(event, events).to_line())
            file.flush()
            os.fsync(file.fileno())


def _in_order(event: Event, events: Sequence[Event]) -> Event:
    """Return the event, no earlier than those of the same writer, whose clock may have been set back."""
    latest = max((each.at for each in events if each.is_of_api == event.is_of_api), default="")
    return replace(event, at=max(event.at, latest))


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Lock the file, which closing it unlocks. Raises TimeoutError after LOCK_SECONDS."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(f"another process has locked it for {LOCK_SECONDS:g} s") from None
            time.sleep(0.005)
    yield


def _tail(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))


def _parse(content: bytes) -> list[Event]:
    return [event for line in content.split(b"\n")[-TAIL_EVENTS:] if (event := Event.from_line(line))]


@cache
def _warn_once(path: Path, why: str) -> None:
    log.warning("%s cannot be written, and misses what happens from now on: %s", path, why)

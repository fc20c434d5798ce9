"""Writes standard output and standard error in threads of their own: a full disk or a stopped reader stops no work."""

import atexit
import functools
import logging
import os
import sys
import threading
from collections import deque
from typing import TextIO

# A second of the consumer's lines at its fastest.
MOST_BYTES = 4 * 1024 * 1024
CLOSE_SECONDS = 1
NEWLINE = b"\n"
log = logging.getLogger(__name__)


class LineWriter:
    """Writes lines to a stream, in order; drops lines while that fails, or while MOST_BYTES wait for its reader.

    It logs when it begins to drop lines, and how many there were once it writes again.
    """

    def __init__(self, name: str, stream: TextIO | None) -> None:
        self._name, self._stream = name, stream
        self._waiting: deque[bytes] = deque()
        self._bytes = self._dropped = 0
        self._is_cut = False
        self._changed = threading.Condition()
        if stream:  # a process may be started without one
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def write(self, text: str) -> None:
        """Have one or more lines written soon, each with its end; this never waits for the stream's reader."""
        if self._stream is None:
            return
        data = text.encode(self._stream.encoding, "backslashreplace")
        with self._changed:
            has_room = not self._waiting or self._bytes + len(data) <= MOST_BYTES
            if has_room:
                self._waiting.append(data)
                self._bytes += len(data)
                self._changed.notify_all()
        if not has_room:
            self._drop(data, "nothing reads it")

    def flush(self) -> None:
        """Do nothing, since each line is written soon; logging calls it."""

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait at most `seconds` until all lines are written; log how many are not."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, seconds)
            lines = self._dropped + sum(data.count(NEWLINE) for data in self._waiting)
        if lines:
            log.warning("%s: %d lines were not written", self._name, lines)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                data = self._waiting[0]
            has_recovered = self._write(data) and self._dropped
            with self._changed:
                self._waiting.popleft()
                self._bytes -= len(data)
                has_recovered = has_recovered and not self._waiting
                dropped, self._dropped = self._dropped, 0 if has_recovered else self._dropped
                self._changed.notify_all()
            if has_recovered:
                log.warning("%s is written again; %d lines were dropped", self._name, dropped)

    def _write(self, data: bytes) -> bool:
        """Write lines, or drop them after an error; return whether they were written."""
        # Not through the stream's buffer: it keeps what it could not write, which fails again when the process ends.
        descriptor, rest = self._stream.fileno() if self._stream else -1, memoryview(data)
        try:
            if self._is_cut:
                os.write(descriptor, NEWLINE)
            while rest:
                written = os.write(descriptor, rest)
                self._is_cut = rest[written - 1 : written] != NEWLINE
                rest = rest[written:]
        except OSError as error:
            self._drop(bytes(rest), error.strerror or str(error))
            return False
        return True

    def _drop(self, data: bytes, reason: str) -> None:
        with self._changed:
            is_first = not self._dropped
            self._dropped += data.count(NEWLINE)
        if is_first:
            log.error("%s cannot be written (%s); its lines are dropped, and all else goes on", self._name, reason)


@functools.cache
def standard_output() -> LineWriter:
    """Return the writer of this process's standard output, which nothing else should write to."""
    return _closed_at_exit(LineWriter("standard output", sys.stdout))


@functools.cache
def standard_error() -> LineWriter:
    """Return the writer of this process's standard error."""
    return _closed_at_exit(LineWriter("standard error", sys.stderr))


def _closed_at_exit(writer: LineWriter) -> LineWriter:
    atexit.register(writer.close)
    return writer

"""Lines to a stream that may be full, have no reader, or a reader that does not read."""

import logging
import os
import re
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from embedded.waiting import wait_until
from petalstream import line_writer
from petalstream.line_writer import LineWriter

SECONDS = 20
LINE = "x" * 999 + "\n"
Pipe = tuple[TextIO, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The end of a pipe to write to, and the descriptor of the one to read from."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        os.set_blocking(reader, False)
        yield stream, reader
        os.close(reader)


def said(caplog: pytest.LogCaptureFixture, part: str) -> list[str]:
    return [message for message in caplog.messages if part in message]


def read_now(reader: int) -> bytes:
    """What can be read at once."""
    try:
        return os.read(reader, 1_000_000)
    except BlockingIOError:
        return b""


def is_full(writer: TextIO) -> bool:
    """Whether a pipe takes no line now."""
    return not select.select([], [writer], [], 0)[1]


def fill(writer: LineWriter, caplog: pytest.LogCaptureFixture) -> int:
    """Write lines until some are dropped; how many were written."""
    for count in range(1, 100_000):
        writer.write(LINE)
        if said(caplog, "cannot be written"):
            return count
    raise AssertionError("no line was dropped")


def test_lines_are_written_in_order_and_soon(pipe: Pipe) -> None:
    writer = LineWriter("standard output", pipe[0])
    for number in range(100):
        writer.write(f"{number}\n✓\n")
    writer.close(SECONDS)
    assert os.read(pipe[1], 100_000).decode() == "".join(f"{number}\n✓\n" for number in range(100))


def test_a_reader_that_stops_blocks_nothing_and_hears_how_much_it_missed(
    pipe: Pipe, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_writer, "MOST_BYTES", 100_000)
    writer = LineWriter("standard output", pipe[0])
    began = time.monotonic()
    written = fill(writer, caplog)
    wait_until(lambda: is_full(pipe[0]), "the writer's thread to fill the pipe", SECONDS)
    for _ in range(1_100):  # 100 take the place of what is in the pipe by now, and no more
        writer.write(LINE)
    assert time.monotonic() - began < SECONDS
    assert said(caplog, "cannot be") == [
        "standard output cannot be written (nothing reads it); its lines are dropped, and all else goes on"
    ]
    read = bytearray()

    def is_caught_up() -> bool:
        read.extend(read_now(pipe[1]))
        return bool(said(caplog, "again"))

    wait_until(is_caught_up, "the lines that were kept", SECONDS)
    read.extend(read_now(pipe[1]))
    (message,) = said(caplog, "written again")
    (dropped,) = map(int, re.findall(r"(\d+) lines were dropped", message))
    assert dropped > 1_000
    assert dropped + read.count(b"\n") == written + 1_100
    writer.write("again\n")
    wait_until(lambda: read_now(pipe[1]) == b"again\n", "a line after the reader is back", SECONDS)


def test_a_reader_that_ended_is_named_once(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with (tmp_path / "fifo").open("w") as stream:
        writer = LineWriter("standard output", stream)
        os.close(reader)
        for _ in range(3):
            writer.write("a\nb\n")
        wait_until(lambda: said(caplog, "Broken pipe"), "a line about the reader", SECONDS)
        writer.close(SECONDS)
        assert len(said(caplog, "cannot be written (Broken pipe)")) == 1
        assert said(caplog, "lines were not written") == ["standard output: 6 lines were not written"]

        reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        try:
            writer.write("again\n")
            wait_until(lambda: said(caplog, "written again"), "the output to work again", SECONDS)
            assert os.read(reader, 100) == b"again\n"
        finally:
            os.close(reader)


def test_a_full_disk_is_named_once_and_a_log_to_it_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with Path("/dev/full").open("w") as stream:
        writer = LineWriter("standard error", stream)
        logger, handler = logging.getLogger("to a full disk"), logging.StreamHandler(writer)
        logger.addHandler(handler)
        try:
            for number in range(3):
                logger.error("line %d", number)
            writer.close(SECONDS)
        finally:
            logger.removeHandler(handler)
    assert said(caplog, "cannot be") == [
        "standard error cannot be written (No space left on device); its lines are dropped, and all else goes on"
    ]


def test_a_line_that_was_cut_is_ended_before_the_next_one(
    pipe: Pipe, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write: Callable[[int, bytes], int] = os.write
    results: list[int | OSError] = [3, OSError(28, "No space left on device")]

    def scripted(descriptor: int, data: bytes) -> int:
        result = results.pop(0) if results else len(data)
        if isinstance(result, OSError):
            raise result
        return write(descriptor, data[:result])

    monkeypatch.setattr(os, "write", scripted)
    writer = LineWriter("standard output", pipe[0])
    writer.write("first\nsecond\n")
    writer.close(SECONDS)
    writer.write("third\n")
    wait_until(lambda: said(caplog, "written again"), "the output to work again", SECONDS)
    assert os.read(pipe[1], 100) == b"fir\nthird\n"
    assert said(caplog, "again") == ["standard output is written again; 2 lines were dropped"]


def test_a_process_without_standard_output_prints_nothing() -> None:
    writer = LineWriter("standard output", None)
    writer.write("lost\n")
    writer.close()

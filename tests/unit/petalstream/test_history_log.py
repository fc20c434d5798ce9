"""The file of a history: torn lines, several writers, and what cannot be written."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from petalstream.history import log
from petalstream.history.events import MAX_REASON, Event, Kind
from petalstream.history.log import TAIL_BYTES, TAIL_EVENTS, append, read_events
from tests.histories import event, minute, write

TRAINED = event(0, "trained", "1")
WRITE = """
import sys
from pathlib import Path
from petalstream.history.log import append
from tests.histories import event
folder, writer = Path(sys.argv[1]), int(sys.argv[2])
for number in range(50):
    append(folder, "iris", lambda events: event(0, "loaded", "1", reason=f"{writer} {number}"))
append(folder, "iris", lambda events: None if any(e.kind == "unloaded" for e in events) else event(0, "unloaded"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a folder of Iris."""
    (tmp_path / "iris").mkdir()
    return tmp_path


def add(folder: Path, *events: Event) -> None:
    for each in events:
        append(folder, "iris", lambda _, each=each: each)  # type: ignore[misc]


def test_what_was_appended_is_read_in_its_order(folder: Path) -> None:
    events = [TRAINED, event(1, "refused", "2", still_served="1", run="a", reason="altered"), event(2, "unloaded")]
    add(folder, *events)
    assert read_events(folder, "iris") == events
    assert oct((folder / "iris" / log.HISTORY).stat().st_mode)[-3:] == "644"


def test_no_file_is_no_event_and_none_is_made_for_nothing(folder: Path) -> None:
    append(folder, "iris", lambda events: None)
    assert read_events(folder, "iris") == read_events(folder, "rose") == []
    assert list((folder / "iris").iterdir()) == []


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_torn_line_is_left_out_and_does_not_spoil_the_next_one(folder: Path, cut: int) -> None:
    path = write(folder, "iris", [TRAINED, event(1, "trained", "2")])
    path.write_bytes(path.read_bytes()[:-cut])
    whole = [TRAINED] if cut > 1 else [TRAINED, event(1, "trained", "2")]
    assert read_events(folder, "iris") == whole
    add(folder, event(2, "trained", "3"))
    assert read_events(folder, "iris") == [*whole, event(2, "trained", "3")]


LINE = json.loads(TRAINED.to_line())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        *(
            json.dumps(LINE | change).encode()
            for change in (
                {"at": "yesterday"},
                {"at": "2025-11-01T12:00:00"},
                {"at": 5},
                {"kind": "painted"},
                {"version": "../1"},
                {"version": 1},
                {"moved_by": "me"},
                {"reason": None},
                {"still_served": "0"},
            )
        ),
    ],
)
def test_a_line_that_is_no_event_is_left_out(folder: Path, line: bytes) -> None:
    path = write(folder, "iris", [TRAINED])
    path.write_bytes(line + b"\n" + path.read_bytes())
    assert read_events(folder, "iris") == [TRAINED]


def test_a_reason_is_one_line_of_bounded_length_that_a_terminal_can_print() -> None:
    line = event(0, "refused", reason="first\n second\x1b[31m \udcff" + "x" * 1000).to_line()
    found = Event.from_line(line)
    assert line.count(b"\n") == 1
    assert found
    assert found.reason.startswith("first second\N{REPLACEMENT CHARACTER}[31m \N{REPLACEMENT CHARACTER}xx")
    assert len(found.reason) == MAX_REASON


def test_a_time_in_another_zone_is_read_in_utc() -> None:
    found = Event.from_line(json.dumps(LINE | {"at": "2025-11-01T14:00:00+02:00"}).encode())
    assert found == TRAINED


@pytest.mark.parametrize("reason", ["", "x" * 500])
def test_of_a_very_long_file_the_end_is_read(folder: Path, reason: str) -> None:
    line = event(0, "loaded", "1", reason=reason).to_line()
    path = write(folder, "iris", [])
    path.write_bytes(line * (2 * TAIL_BYTES // len(line)))
    add(folder, event(1, "unloaded"))
    found = read_events(folder, "iris")
    assert len(found) in (TAIL_EVENTS - 1, TAIL_EVENTS)
    assert found[-1].kind == Kind.UNLOADED


def test_processes_that_write_at_once_lose_and_spoil_nothing(folder: Path, root: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(folder), str(number)], cwd=root) for number in range(4)
    ]
    try:
        assert [writer.wait(60) for writer in writers] == [0] * 4
    finally:
        for writer in writers:
            writer.kill()
    found = read_events(folder, "iris")
    reasons = sorted(each.reason for each in found if each.kind == Kind.LOADED)
    assert reasons == sorted(f"{writer} {number}" for writer in range(4) for number in range(50))
    assert [each.kind for each in found].count(Kind.UNLOADED) == 1
    assert (folder / "iris" / log.HISTORY).read_bytes().count(b"\n") == 201


def test_a_clock_that_was_set_back_does_not_change_the_order_of_a_writer(folder: Path) -> None:
    add(folder, event(5, "trained", "1"), event(7, "unloaded"), event(3, "trained", "2"), event(4, "loaded", "2"))
    assert [each.at for each in read_events(folder, "iris")] == [minute(5), minute(7), minute(5), minute(7)]


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize("make", [make_folder, make_pipe, make_link])
def test_what_cannot_be_written_is_one_warning_and_no_error(
    folder: Path, caplog: pytest.LogCaptureFixture, make: object
) -> None:
    (folder / "elsewhere").write_bytes(TRAINED.to_line())
    make(folder / "iris" / log.HISTORY)  # type: ignore[operator]
    with caplog.at_level(logging.WARNING):
        add(folder, TRAINED, replace(TRAINED, version="2"))
    (message,) = caplog.messages
    assert message.startswith(f"{folder / 'iris' / log.HISTORY} cannot be written, and misses what happens from now on")
    assert (folder / "elsewhere").read_bytes() == TRAINED.to_line()


def test_a_full_disk_leaves_a_history_that_can_be_read_and_continued(folder: Path, root: Path) -> None:
    add(folder, TRAINED)
    size = (folder / "iris" / log.HISTORY).stat().st_size
    limited = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 30}, {size + 30}))
"""
    done = subprocess.run(
        [sys.executable, "-c", limited + WRITE, str(folder), "0"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.count("cannot be written") == 1
    assert (folder / "iris" / log.HISTORY).stat().st_size == size + 30
    add(folder, event(1, "trained", "2"))
    assert read_events(folder, "iris") == [TRAINED, event(1, "trained", "2")]

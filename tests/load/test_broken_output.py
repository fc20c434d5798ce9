"""An access log that cannot be written: requests are answered as ever, and standard error says so once."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from embedded import ports
from embedded.demo import API, answers
from embedded.processes import ROOT, end
from embedded.waiting import wait_until
from petalstream import settings as environment
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import long_except
from tests.load.client import for_seconds, load
from tests.load.raw import PROMPT_SECONDS

COMPLAINT = "standard output cannot be written"


def full_disk() -> tuple[IO[Any] | int, list[int]]:
    """A device on which there is never room."""
    device = os.open("/dev/full", os.O_WRONLY)
    return device, [device]


def dead_pipe() -> tuple[IO[Any] | int, list[int]]:
    """A pipe whose reader is gone."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing, [writing]


def stopped_reader() -> tuple[IO[Any] | int, list[int]]:
    """A pipe whose reader reads nothing."""
    reading, writing = os.pipe()
    return writing, [reading, writing]


@pytest.mark.parametrize("make_output", long_except([dead_pipe], [full_disk, dead_pipe, stopped_reader]))
def test_an_access_log_that_cannot_be_written_holds_up_nobody(
    settings: Settings, iris: Bundle, tmp_path: Path, make_output: Callable[[], tuple[int, list[int]]]
) -> None:
    port, errors = ports.free_port(), tmp_path / "errors.log"
    own = {"models_dir": settings.models_dir, "api_port": port, "api_access_log": True, "tmpdir": tmp_path}
    output, opened = make_output()
    with errors.open("wb") as log:
        process = subprocess.Popen(
            API,
            cwd=ROOT,
            env=environment.inherited(**own, api_workers=1),
            stdout=output,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"), "the api to answer", 30)
        seen = load(f"http://127.0.0.1:{port}/predict", 4, for_seconds(3))
        assert (seen.failures, seen.complaints, set(seen.statuses)) == ([], [], {200})
        assert max(seen.seconds) < PROMPT_SECONDS
        if make_output is not stopped_reader:  # which is noticed once megabytes wait for it
            wait_until(lambda: COMPLAINT in errors.read_text(), "the complaint", 10)
        assert errors.read_text().count(COMPLAINT) <= 1
    finally:
        end(process)
        for descriptor in opened:
            os.close(descriptor)

"""A demo that runs, as `make demo` starts it, and what is left of it afterwards."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded.waiting import wait_until
from petalstream import settings

SECONDS = 100


@dataclass(frozen=True)
class Run:
    """A running demo; everything it starts carries `mark` in its environment."""

    process: subprocess.Popen[bytes]
    output: Path
    mark: str
    temporary: Path

    def said(self, text: str) -> None:
        """Wait until the demo has printed `text`."""
        wait_until(lambda: text in self.output.read_text() or self._dead(), f"{text!r} in the output", SECONDS)
        printed = self.output.read_text()
        assert text in printed, printed

    def _dead(self) -> bool:
        return self.process.poll() is not None

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT to the whole process group of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def left_behind(self) -> list[str]:
        """Processes that the demo started and that still run, and folders that it made and did not delete."""
        return [str(process) for process in marked(self.mark)] + [str(path) for path in self.temporary.iterdir()]


def marked(mark: str) -> list[psutil.Process]:
    """The processes that have `mark` in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PETALSTREAM_TEST") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@contextmanager
def demo(root: Path, folder: Path, *arguments: str, **overrides: object) -> Iterator[Run]:
    """The demo of the checkout `root`, with its output and temporary files in `folder`; what is left is killed."""
    mark, temporary = str(uuid.uuid4()), folder / "tmp"
    temporary.mkdir()
    environment = settings.inherited(producer_interval=0.02, **overrides)
    environment |= {"PETALSTREAM_TEST": mark, "TMPDIR": str(temporary)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded", *arguments],
            cwd=root,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Run(process, folder / "output", mark, temporary)
    finally:
        for left in marked(mark):
            left.kill()

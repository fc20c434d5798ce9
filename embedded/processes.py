"""Child processes, each in a process group of its own: watched while they run, and stopped in reverse order."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from embedded.waiting import wait_until
from petalstream.lifecycle import Stop

ROOT = Path(__file__).parent.parent
STOP_SECONDS = 10
TAIL_LINES = 15


class Stopped(Exception):
    """The user asked to stop."""


class ChildFailed(Exception):
    """A child process ended although it should run, or did not end with 0."""


@dataclass(frozen=True)
class Child:
    """A running process; `log` is the file that takes its output, None where that goes to the terminal."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    def failure(self) -> ChildFailed:
        """The error that says how it ended, with the last lines of its log."""
        tail = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:] if self.log else []
        return ChildFailed("\n".join([f"{self.name} ended with exit code {self.process.returncode}", *tail]))


class Processes:
    """The children of one run. Leaving the context stops them all, whatever happened."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.ExitStack() as stopping:  # in reverse, and the rest also where one cannot be stopped
            for child in self._children:
                stopping.callback(end, child.process)

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path | None = None
    ) -> Child:
        """Start a process that should run until the end; it does not get the terminal's Ctrl-C."""
        output = log.open("wb") if log else None
        try:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        finally:
            if output:
                output.close()
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], seconds: float, log: Path | None = None
    ) -> None:
        """Run a process to its end. Raises ChildFailed unless that is 0, Stopped, TimeoutError."""
        child = self.start(name, command, environment, log)
        self.wait_until(lambda: child.process.poll() is not None, f"{name} to end", seconds, finishing=child)
        if child.process.returncode != 0:
            self._fail(child)

    def wait_until(
        self, condition: Callable[[], object], what: str, seconds: float, finishing: Child | None = None
    ) -> None:
        """Wait until `condition` holds. Raises Stopped, TimeoutError, ChildFailed where one but `finishing` ended."""

        def pause(interval: float) -> None:
            if self._stop.wait(interval):
                raise Stopped
            self.check(finishing)

        wait_until(condition, what, seconds, pause)

    def check(self, finishing: Child | None = None) -> None:
        """Raise ChildFailed where a child but `finishing` ended with another exit code than 0."""
        for child in self._children:
            if child is not finishing and child.process.poll():
                self._fail(child)

    def forget(self, child: Child) -> None:
        """From now on the end of `child` is no failure."""
        self._children.remove(child)

    def _fail(self, child: Child) -> NoReturn:
        # A child that was just being started may have been hit by the same Ctrl-C, before it had a group of its own.
        if self._stop.requested():
            raise Stopped
        raise child.failure()


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the process's group, SIGKILL where it has not ended after 10 s."""
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        if process.poll() is None:
            # macOS says "not permitted" of a group that has just ended.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this project with this interpreter."""
    return [sys.executable, "-m", module, *arguments]

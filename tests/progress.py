"""The stages of a run, and what `--stages` shows of them: progress every ten seconds, failures, a table at the end."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import pytest
from _pytest.terminal import TerminalReporter

LINE_SECONDS = 10
# The order in which they begin: those with long tests first, so that many short ones fill what time is left.
STAGES = ("e2e", "browser", "chaos", "integration", "load", "fuzz", "conformance", "structure", "unit")
Status = tuple[str, object, object]
HEADER = ("stage", "tests", "failed", "skipped", "began", "took")
BEFORE = "set-up and lint"


@dataclass
class Stage:
    """The tests of one folder below tests/: how many there are, how they ended, and when, in seconds."""

    tests: int = 0
    ended: int = 0
    failed: int = 0
    skipped: int = 0
    began: float | None = None
    ended_at: float = 0.0

    def start(self, now: float) -> None:
        """Note that one of its tests starts `now`."""
        self.began = now if self.began is None else self.began

    def count(self, report: pytest.TestReport, now: float) -> None:
        """Add one phase of a test, which ended `now`."""
        self.failed += report.failed
        self.skipped += report.skipped
        self.ended += report.when == "teardown"
        self.ended_at = now

    @property
    def is_over(self) -> bool:
        """Whether all its tests have ended."""
        return self.ended == self.tests

    @property
    def took(self) -> float:
        """Seconds from its first test to its last, beside tests of other stages."""
        return self.ended_at - (self.began or 0)

    def row(self, name: str) -> Sequence[str]:
        """The cells of the stage's row."""
        counts = [f"{number:,}" for number in (self.tests, self.failed, self.skipped)]
        return (name, *counts, minutes(self.began or 0), minutes(self.took))


class Progress:
    """Counts reports by stage, in the process that prints; `began` is when the whole command did, in epoch seconds."""

    def __init__(self, terminal: TerminalReporter, began: float) -> None:
        self._terminal, self._began = terminal, began
        self._before = self._shown = self._now()
        self._stages: dict[str, Stage] = {}
        self._print(f"{BEFORE} took {minutes(self._before)}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:
        """Take the number of tests in each stage from the first process that has collected them."""
        if not self._stages:
            self._expect(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the same from this process where it runs the tests itself."""
        if session.items:
            self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, Status, Status]:
        """Print no letter for a test, and no word for one that passed."""
        category, _, word = yield
        return category, "", "" if category == "passed" else word

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a test starts: the set-up of the first one may take long."""
        self._stage(nodeid).start(self._now())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a report, and show what people should see now."""
        name, now = stage_of(report.nodeid), self._now()
        stage = self._stage(report.nodeid)
        stage.count(report, now)
        if report.failed:
            self._print(f"FAILED {report.nodeid}", red=True)
        if stage.is_over and report.when == "teardown":
            self._print(f"{name} is over: {stage.tests:,} tests, {stage.failed:,} failed, in {minutes(stage.took)}")
        elif now - self._shown >= LINE_SECONDS:
            self._shown = now
            self._print(self._running())

    def pytest_terminal_summary(self) -> None:
        """Print the table."""
        self._terminal.section("stages")
        before = (BEFORE, "", "", "", minutes(0), minutes(self._before))
        rows = [HEADER, before, *(stage.row(name) for name, stage in self._stages.items())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for name, *cells in rows:
            aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
            self._terminal.write_line("  ".join([name.ljust(widths[0]), *aligned]))

    def _expect(self, ids: Sequence[str]) -> None:
        for found in ids:
            self._stage(found).tests += 1
        counts = ", ".join(f"{name} {stage.tests:,}" for name, stage in self._stages.items())
        self._print(f"tests: {counts}")

    def _stage(self, nodeid: str) -> Stage:
        return self._stages.setdefault(stage_of(nodeid), Stage())

    def _running(self) -> str:
        running = {name: stage for name, stage in self._stages.items() if stage.began is not None and not stage.is_over}
        return ", ".join(f"{name} {stage.ended:,} of {stage.tests:,}" for name, stage in running.items())

    def _now(self) -> float:
        return time.time() - self._began

    def _print(self, text: str, **markup: bool) -> None:
        self._terminal.write_line(f"{minutes(self._now()):>5}  {text}", **markup)


def stage_of(nodeid: str) -> str:
    """The folder below tests/ of a test, such as `unit`."""
    return nodeid.split("/")[1]


def minutes(seconds: float) -> str:
    """Such as 3:07."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

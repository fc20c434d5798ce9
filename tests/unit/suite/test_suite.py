"""How the suite is cut and shown: what each of its two parts runs, how long a scenario lasts, and what people see."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from embedded.processes import ROOT

TESTS = """
import os
import pytest
from tests.length import long_except

def test_always():
    pass

@pytest.mark.long
def test_long():
    pass

@pytest.mark.parametrize("page", long_except(["start"], ["start", "report"]))
def test_page(page):
    pass

def test_scenario(length, tmp_path_factory):
    lasted = f"{length.count(short=1, full=20)} {length.seconds(short=2, full=9)}"
    (tmp_path_factory.getbasetemp().parent.parent / "length").write_text(lasted)

@pytest.mark.xdist_group("one process")
@pytest.mark.parametrize("number", range(6))
def test_group(number, tmp_path_factory):
    (tmp_path_factory.getbasetemp().parent.parent / f"group-{os.getpid()}").touch()

@pytest.mark.skip(reason="meant to be skipped")
def test_skipped():
    pass
"""
ALWAYS = {"test_always", "test_page[start]", "test_scenario", *(f"test_group[{number}]" for number in range(6))}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a project of their own, in two processes, with the hooks and options of this project's tests."""
    tests = folder / "tests" / "unit"
    tests.mkdir(parents=True)
    (tests / "test_it.py").write_text(TESTS)
    plugins = ["-p", "xdist", "-p", "pytest_timeout", "-p", "tests.suite", "-n", "2", "--dist", "loadgroup", "-v"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, *plugins, *options, tests],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTEST_DEBUG_TEMPROOT": str(folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def passed(output: str) -> set[str]:
    """The tests that a verbose run has passed."""
    return {name.partition("@")[0] for name in re.findall(r"PASSED \S+::(\S+)", output)}


def test_make_test_runs_all_but_the_long_ones_and_a_group_in_one_process(tmp_path: Path) -> None:
    ended = run(tmp_path, "-m", "not long")
    assert (ended.returncode, passed(ended.stdout)) == (0, ALWAYS), ended.stdout
    (lasted,) = tmp_path.rglob("length")
    assert lasted.read_text() == "1 2"
    assert len(list(tmp_path.rglob("group-*"))) == 1


def test_make_test_long_runs_the_long_ones_and_each_scenario_at_full_length(tmp_path: Path) -> None:
    ended = run(tmp_path, "-m", "long or scenario", "--length", "full", "--scale", "3")
    assert (ended.returncode, passed(ended.stdout)) == (0, {"test_long", "test_page[report]", "test_scenario"})
    (lasted,) = tmp_path.rglob("length")
    assert lasted.read_text() == "60 9"


def test_progress_shows_stages_and_failures_and_a_skip_is_one_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    ended = run(tmp_path, "-m", "not long", f"--stages={time.time() - 600}", "--nothing-skipped")
    assert ended.returncode == 1
    lines = [line.strip() for line in ended.stdout.splitlines()]
    for expected in (
        r"1\d:\d\d  set-up and lint took 1\d:\d\d",
        r"1\d:\d\d  tests: unit 10",
        r"1\d:\d\d  FAILED tests/unit/test_it.py::test_skipped",
        r"1\d:\d\d  unit is over: 10 tests, 1 failed, in \d:\d\d",
        r"unit +10 +1 +0 +1\d:\d\d +\d:\d\d",
    ):
        assert any(re.fullmatch(expected, line) for line in lines), expected
    assert not passed(ended.stdout)
    assert re.fullmatch(r"=+ 9 passed, 1 error in .*=+", lines[-1])

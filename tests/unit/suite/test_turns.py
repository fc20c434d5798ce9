"""Turns among processes, which a test's own process takes part in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from embedded.waiting import wait_until
from tests.turns import turn

OTHER = """
import sys
from pathlib import Path
from tests.turns import turn

folder, asks, has_it = map(Path, sys.argv[2:])
asks.touch()
with turn(folder, alone=sys.argv[1] == "alone"):
    has_it.touch()
    sys.stdin.read()
"""


@contextmanager
def other(how: str, folder: Path, root: Path) -> Iterator[Path]:
    """Another process that asks for a turn and keeps it for as long as this lasts; a file that is there once it has."""
    asks, has_it = folder / f"{how} asks", folder / f"{how} has it"
    command = [sys.executable, "-c", OTHER, how, *map(str, (folder, asks, has_it))]
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE)
    try:
        wait_until(asks.exists, "the other to ask for its turn", 30)
        yield has_it
    finally:
        process.kill()
        process.communicate()


def stays_away(has_it: Path) -> bool:
    """Whether the other process goes on waiting, for as long as it takes to ask several times."""
    try:
        wait_until(has_it.exists, "the other's turn", 1)
    except TimeoutError:
        return True
    return False


def test_tests_that_compare_no_times_run_side_by_side(tmp_path: Path, root: Path) -> None:
    with turn(tmp_path, alone=False), other("beside", tmp_path, root) as has_it:
        wait_until(has_it.exists, "the other's turn", 30)


@pytest.mark.parametrize(("alone", "how"), [(True, "beside"), (False, "alone"), (True, "alone")])
def test_a_test_that_is_alone_has_nobody_beside_it(tmp_path: Path, root: Path, alone: bool, how: str) -> None:
    with ExitStack() as stack:
        with turn(tmp_path, alone):
            has_it = stack.enter_context(other(how, tmp_path, root))
            assert stays_away(has_it)
        wait_until(has_it.exists, "the other's turn", 30)


def test_nobody_goes_before_a_test_that_waits_to_be_alone(tmp_path: Path, root: Path) -> None:
    with ExitStack() as stack:
        with turn(tmp_path, alone=False):
            waits = stack.enter_context(other("alone", tmp_path, root))
            assert stays_away(waits)
            late = stack.enter_context(other("beside", tmp_path, root))
            assert stays_away(late)
        wait_until(waits.exists, "the turn of who asked first", 30)
        assert stays_away(late)

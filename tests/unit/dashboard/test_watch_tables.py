"""The terminal view fits its terminal and shows nothing that could harm it."""

import json
import re
import time
from typing import Any

import pytest
from rich.console import Console

from services.dashboard.watch import tables
from tests.dashboards import STATES, snapshot


def drawn(width: int, *states: str, at: float | None = None) -> str:
    """What is printed of a snapshot that has been JSON."""
    content: dict[str, Any] = json.loads(json.dumps(snapshot(*states, at=at).to_dict()))
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(tables.draw(content, width))
    return re.sub(r"\x1b\[[\d;]*m", "", captured.get())


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_every_line_fits(width: int) -> None:
    assert max(map(len, drawn(width, *STATES).splitlines())) <= width


def test_80_columns_have_the_figures_the_ledger_and_the_parts() -> None:
    text = drawn(80, "labels", "numbers")
    row = next(line for line in text.splitlines() if line.split()[:1] == ["labels"])
    for part in ("20", "3.1 ms", "12 ms", " 5 ", "0.2 s", "96.1%", "9", "balances", "running"):
        assert part in row, row
    assert "241 g" in text
    assert "18,204" in text
    assert re.search(r"Kafka +1 broker +all partitions have a leader", text)
    assert "Version" not in text
    assert drawn(80, *STATES).count("running") == 3, "no word is cut, whatever is beside it"


def test_more_columns_have_the_test_set_and_the_version() -> None:
    text = drawn(140, "labels")
    assert "Test set" in text
    assert "97.4%" in text
    assert "Version" in text


def test_what_does_not_balance_and_a_paused_lane_have_a_line() -> None:
    text = " ".join(drawn(80, "unbalanced", "paused").split())
    assert "unbalanced.requests[1]@655 is lost; 3 lost, 1 doubled, 1 unknown in all" in text
    assert "paused is paused since 2026-11-30T18:40:12Z: more than 10% of the last 100 records" in text


def test_nothing_known_and_old_figures_are_said() -> None:
    assert "No model yet." in drawn(80)
    assert "nothing_known" in drawn(80, "nothing known")
    assert "These figures are 42 s old" in drawn(80, "labels", at=time.time() - 42)


def test_what_strangers_wrote_cannot_move_the_cursor() -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", drawn(140, "hostile"))

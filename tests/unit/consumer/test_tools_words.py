"""The operator's tools without a broker: the words that they print, and those that they understand."""

import logging
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from petalstream.printable import printable
from petalstream.reasons import Reason
from services.consumer.output import text
from services.consumer.tools import options, reports
from services.consumer.tools.__main__ import tools
from services.consumer.tools.replay import Tally


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Takes back that a command configures the logging of this process."""
    handlers, level, client = list(logging.root.handlers), logging.root.level, logging.getLogger("kafka").level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.getLogger("kafka").setLevel(client)


def test_nothing_of_a_record_reaches_the_terminal_as_a_control_sequence() -> None:
    assert printable("\x1b[2J\r\x07\u202e\u200b\u2028\ud800é✓") == r"\x1b[2J\r\x07\u202e\u200b\u2028\ud800é✓"
    assert text.shown(b"\x9b31m") == r"b'\x9b31m'"
    assert text.shown("\x9b31m é".encode()) == r"\x9b31m é"


def test_only_the_beginning_of_a_long_text_is_shown_and_a_character_is_not_cut() -> None:
    assert text.shown(b"x" * 80) == "x" * 80
    assert text.shown(b"x" * 81) == "x" * 80 + "…"
    assert text.shown("x😀".encode() * 200) == "x😀" * 40 + "…"
    assert text.shown(b"\xff" * 100) == repr(b"\xff" * 80) + "…"
    assert printable("\x00" * 9, 2) == r"\x00\x00…"


def test_a_time_that_is_no_date_is_shown_as_it_is() -> None:
    assert text.moment(1_767_323_045_678) == "2026-01-02T03:04:05.678Z"
    assert text.moment(-1) == "1969-12-31T23:59:59.999Z"
    assert text.moment(2**62) == f"{2**62} ms"


def test_a_replay_is_summed_up_in_one_line() -> None:
    tally = Tally()
    assert list(reports.summary(tally, dry_run=False)) == ["0 replayed, 0 cannot be replayed, 0 passed over"]
    tally.replayed["iris", Reason.REJECTED] = 12
    tally.impossible["no bytes"] = 3
    tally.passed_over = 2
    assert list(reports.summary(tally, dry_run=True)) == [
        "  iris  rejected  12",
        "12 would be replayed, 3 cannot be replayed (no bytes), 2 passed over (before --since; --again reaches them)",
    ]
    tally.refused = [f"number {number}" for number in range(12)]
    assert list(reports.refusals(tally))[9:] == [
        "number 9",
        "and 2 more",
        "progress does not move past what was refused",
    ]


@pytest.mark.parametrize(
    ("word", "milliseconds"),
    [
        ("1970-01-01", 0),
        ("2026-01-02", 1_767_312_000_000),
        ("2026-01-02T03:04", 1_767_323_040_000),
        ("2026-01-02T03:04:05", 1_767_323_045_000),
        ("2026-01-02T03:04:05Z", 1_767_323_045_000),
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
    ],
)
def test_a_time_is_understood_as_it_is_shown_or_with_less_of_it(word: str, milliseconds: int) -> None:
    assert options.Time().convert(word, None, None) == milliseconds


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("replay --reason lost", "'lost' is not one of 'undecodable', "),
        ("replay --offset 3", "'3' is not PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, as in 2:17 or 2:17-40"),
        ("replay --offset 1:9-8", "'1:9-8' ends before it begins"),
        ("replay --since yesterday", "'yesterday' is not a time in UTC such as 2026-01-02 or 2026-01-02T03:04:05Z"),
        ("replay --since 2026-01-02 --until 2026-01-01T23:59:59.999Z", "--since: must be before --until"),
        ("list --last -1", "-1 is not in the range"),
        ("lost", "No such command 'lost'"),
    ],
)
def test_a_word_that_is_not_understood_is_told_in_one_line_that_says_what_was_expected(
    arguments: str, expected: str
) -> None:
    ran = CliRunner().invoke(tools, ["dead-letters", *arguments.split()])
    assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert ran.stderr.startswith("Error: ")
    assert expected in ran.stderr

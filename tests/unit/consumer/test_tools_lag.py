"""The lag in the operator's tools: what counts as lag, how old it is, and when it will be gone."""

import pytest

from petalstream.broker import Backlog, Lag, PartitionBacklog
from petalstream.latency import age
from services.consumer.tools import lag
from services.consumer.tools.lag import Pace

NOW = 1_800_000_000.0
MILLISECONDS = 1_800_000_000_000


def waiting(lag: Lag, readable: Backlog, blocked: int = 0) -> PartitionBacklog:
    """A partition's backlog with so many records behind an open transaction."""
    return PartitionBacklog(lag, readable, Backlog(blocked, True, None))


@pytest.mark.parametrize(
    ("committed", "position"), [(None, 900), (899, 900), (900, 900), (950, 950), (1_100, 1_100), (1_101, 900)]
)
def test_a_group_reads_on_at_its_commit_or_where_the_log_begins_if_the_log_does_not_have_it(
    committed: int | None, position: int
) -> None:
    found = Lag("iris.requests", 0, committed, begin=900, stable=1_000, end=1_100)
    assert (found.position, found.behind) == (position, 1_100 - position)


def test_the_lag_is_a_table_of_offsets_records_and_seconds_with_a_total() -> None:
    found = [
        waiting(Lag("iris.requests", 0, 41, 0, 50, 50), Backlog(4, True, MILLISECONDS - 2_500)),
        waiting(Lag("iris.requests", 1, None, 7, 7, 7), Backlog()),
    ]
    assert list(lag.table(found, NOW)) == [
        "topic          partition  begin  committed  stable  end  lag  blocked  seconds behind",
        "iris.requests          0      0         41      50   50    4        0             2.5",
        "iris.requests          1      7          -       7    7    0        0               -",
        "total                                                      4        0",
    ]


def test_what_was_not_counted_or_is_behind_an_open_transaction_is_shown_as_an_upper_bound() -> None:
    found = [
        waiting(Lag("iris.requests", 0, 0, 0, 0, 501), Backlog(), 501),
        waiting(Lag("iris.requests", 1, 0, 0, 9_000, 9_000), Backlog(9_000, False, MILLISECONDS + 60_000)),
    ]
    _, first, second, total, *notes = lag.table(found, NOW)
    assert first.split()[-3:] == ["≤501", "501", "-"]
    assert second.split()[-4:] == ["≤9000", "0", "impossible", "timestamp"]
    assert total.split() == ["total", "≤9501", "501"]
    assert [note.split(":")[0] for note in notes] == ["≤", "blocked"]


@pytest.mark.parametrize(
    ("timestamp", "seconds"),
    [
        (MILLISECONDS - 1_500, 1.5),
        (MILLISECONDS + 900, 0.0),
        (MILLISECONDS - 365 * 86_400_000, 365 * 86_400.0),
        (MILLISECONDS + 3_600_000, None),
        (MILLISECONDS // 1_000, None),
        (MILLISECONDS * 1_000, None),
        (2**63 - 1, None),
        (0, None),
        (-1, None),
    ],
)
def test_an_age_is_given_only_where_the_timestamp_can_be_one(timestamp: int, seconds: float | None) -> None:
    assert age(timestamp, NOW) == seconds


def test_a_pace_is_what_was_committed_and_written_between_two_looks_in_all_partitions() -> None:
    before = [Lag("iris.requests", 0, None, 5, 50, 50), Lag("iris.requests", 1, 7, 0, 9, 9)]
    after = [Lag("iris.requests", 0, 15, 5, 53, 53), Lag("iris.requests", 1, 9, 0, 9, 9)]
    after.append(Lag("iris.requests", 2, None, 0, 4, 4))
    assert lag.paces(before, after) == {"iris.requests": Pace(scored=12, written=3)}


@pytest.mark.parametrize(
    ("pace", "line"),
    [
        (Pace(60, 30), ["iris.requests: 20.0 offsets/s scored, 10.0 offsets/s written, 97 s to clear"]),
        (Pace(600, 0), ["iris.requests: 200.0 offsets/s scored, 0.0 offsets/s written, 2 s to clear"]),
        (Pace(4, 3), ["iris.requests: 1.3 offsets/s scored, 1.0 offsets/s written, 50 min to clear"]),
        (Pace(30, 30), ["iris.requests: 10.0 offsets/s scored, 10.0 offsets/s written, the lag does not shrink"]),
        (Pace(0, 30), []),
    ],
)
def test_the_time_to_clear_is_told_while_the_lag_moves(pace: Pace, line: list[str]) -> None:
    found = [waiting(Lag("iris.requests", 0, 0, 0, 1_000, 1_000), Backlog(1_000))]
    assert list(lag.forecasts(found, {"iris.requests": pace}, 3.0)) == line

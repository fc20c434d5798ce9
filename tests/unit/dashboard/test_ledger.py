"""The ledger agrees with counting every record in sets, whatever order batches are read in."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dashboard.ledger import partition_account
from services.dashboard.ledger.interval_set import IntervalSet
from services.dashboard.ledger.ledger import ModelLedger
from services.dashboard.ledger.partition_account import Kind, PartitionAccount
from services.dashboard.snapshot import PartitionLedger

NUMBERS = st.integers(0, 60)
INTERVALS = st.lists(st.tuples(st.sampled_from(["add", "discard"]), NUMBERS, st.integers(0, 12)), max_size=30)


@given(INTERVALS, NUMBERS, NUMBERS)
def test_an_interval_set_is_the_set_of_its_numbers(steps: list[tuple[str, int, int]], low: int, high: int) -> None:
    found, numbers = IntervalSet(), set[int]()
    for step, begin, length in steps:
        given_now = set(range(begin, begin + length))
        if step == "add":
            assert found.add(begin, begin + length) == len(given_now - numbers)
            numbers |= given_now
        else:
            found.discard(begin, begin + length)
            numbers -= given_now
    between = set(range(low, high))
    assert {number for number in range(80) if number in found} == numbers
    assert found.count(low, high) == len(numbers & between)
    assert {number for gap in found.gaps(low, high) for number in range(*gap)} == between - numbers
    assert len(found) == len({number for number in numbers if number - 1 not in numbers})


@dataclass
class Log:
    """One partition of requests with holes, and the outcomes of its offsets in the order in which they are read."""

    holes: set[int]
    end: int
    outcomes: list[tuple[Kind, int]]
    batch_sizes: list[int]
    order: list[bool]
    committed: int
    read: int = field(default=0)


LOGS = st.integers(1, 40).flatmap(
    lambda end: st.builds(
        Log,
        holes=st.sets(st.integers(0, end - 1)),
        end=st.just(end),
        outcomes=st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, end - 1)), max_size=60),
        batch_sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12),
        order=st.lists(st.booleans(), max_size=60),
        committed=st.integers(0, end),
    )
)


def replay(log: Log, first: int) -> PartitionAccount:
    """Feed the account of a log that is read in batches, requests and outcomes in the order of the log's `order`."""
    account = PartitionAccount(0, first, None)
    batches, begin = [], first
    for size in [*log.batch_sizes, log.end]:
        offsets = [offset for offset in range(begin, min(begin + size, log.end)) if offset not in log.holes]
        if offsets:
            batches.append((offsets[0], offsets[-1] + 1, offsets))
        begin += size
    outcomes = list(log.outcomes)
    for is_request in log.order + [True] * len(batches) + [False] * len(outcomes):
        if is_request and batches:
            low, high, offsets = batches.pop(0)
            account.add_requests(low, high, len(offsets), offsets)
        elif outcomes:
            size = min(len(outcomes), 3)
            kind = outcomes[0][0]
            taken = [offset for found, offset in outcomes[:size] if found is kind]
            outcomes = [each for each in outcomes[:size] if each[0] is not kind] + outcomes[size:]
            account.add_outcomes(kind, taken)
    while outcomes:
        kind, offset = outcomes.pop(0)
        account.add_outcomes(kind, [offset])
    return account


@settings(max_examples=400)
@given(LOGS, st.integers(0, 5))
def test_an_account_counts_what_sets_count(log: Log, first: int) -> None:
    account = replay(log, first)
    records = {offset for offset in range(first, log.end) if offset not in log.holes}
    log_end = max(records, default=first - 1) + 1
    early = account.early()
    account.check(log.committed)
    account.remove_invented(early, log_end)
    row = account.row()
    counted = Counter(offset for _, offset in log.outcomes if offset in records)
    settled = set(counted)
    assert row.requests == len(records)
    assert row.predictions + row.dead_letters == len(settled)
    assert {offset for gap in account.lost for offset in range(*gap)} == {
        offset for offset in records - settled if offset < min(log.committed, account.next)
    }
    assert row.lost + row.to_do == len(records - settled)
    in_holes = sum(first <= offset for _, offset in log.outcomes if offset not in records)
    assert row.doubled + row.unknown >= sum(counted.values()) - len(settled)
    assert row.doubled + row.unknown <= sum(counted.values()) - len(settled) + in_holes


def consumed(ledger: ModelLedger, offsets: list[int], kind: Kind = Kind.PREDICTION) -> None:
    ledger.add_outcomes(2, kind, offsets, lambda index: f"iris.predictions[2]@{offsets[index]}", now=10.0)


def opened() -> ModelLedger:
    ledger = ModelLedger("from the beginning of the log")
    ledger.open(2, 0, None)
    return ledger


def total(ledger: ModelLedger) -> PartitionLedger:
    return ledger.view().total


def test_requests_are_predictions_and_dead_letters_and_what_is_still_to_do() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 10, 10), range(10), now=1.0)
    consumed(ledger, [0, 1, 2, 3])
    consumed(ledger, [4], Kind.DEAD_LETTER)
    row = total(ledger)
    assert (row.requests, row.predictions, row.dead_letters, row.to_do) == (10, 4, 1, 5)
    assert ledger.view().is_balanced


def test_a_request_that_the_consumer_has_committed_past_is_lost_and_has_its_place() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 10, 10), range(10), now=1.0)
    consumed(ledger, [0, 1, 2, 3, 5, 6])
    ledger.check({2: 7}, {}, {2: 10}, now=20.0)
    view = ledger.view()
    assert (view.total.lost, view.total.to_do, view.is_balanced, view.checked_at) == (1, 3, False, 20.0)
    assert [(place.kind, place.partition, place.offset, place.seen_at) for place in view.places] == [
        ("lost", 2, 4, 20.0)
    ]


def test_a_lost_request_that_gets_its_outcome_late_is_not_lost_any_more() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 10, 10), range(10), now=1.0)
    consumed(ledger, [0, 1, 2, 3, 5, 6])
    ledger.check({2: 7}, {}, {2: 10}, now=20.0)
    consumed(ledger, [4])
    assert total(ledger).lost == 0
    assert total(ledger).to_do == 3
    ledger.check({2: 7}, {}, {2: 10}, now=30.0)
    assert not ledger.view().places


def test_a_second_outcome_is_doubled_and_has_its_place() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 10, 10), range(10), now=1.0)
    consumed(ledger, [0, 1, 2])
    consumed(ledger, [1, 3])
    consumed(ledger, [2], Kind.DEAD_LETTER)
    view = ledger.view()
    assert (view.total.predictions, view.total.dead_letters, view.total.doubled) == (4, 0, 2)
    assert {(place.offset, place.outcomes) for place in view.places} == {
        (1, ("prediction iris.predictions[2]@1",)),
        (2, ("dead letter iris.predictions[2]@2",)),
    }


def test_markers_of_transactions_and_compacted_records_are_no_requests() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 3, 3), range(3), now=1.0)
    ledger.add_requests(2, (4, 9, 2), [4, 8], now=1.0)
    consumed(ledger, [0, 1, 2])
    ledger.check({2: 4}, {}, {2: 9}, now=2.0)
    assert (total(ledger).requests, total(ledger).lost, total(ledger).to_do) == (5, 0, 2)
    consumed(ledger, [4, 8])
    ledger.check({2: 9}, {}, {2: 9}, now=3.0)
    assert (total(ledger).lost, total(ledger).to_do) == (0, 0)


def test_an_outcome_of_an_offset_without_a_request_is_unknown() -> None:
    ledger = opened()
    ledger.add_requests(2, (0, 3, 3), range(3), now=1.0)
    consumed(ledger, [0, 1, 2, 3, 900])
    ledger.add_requests(2, (4, 6, 2), range(4, 6), now=1.0)
    assert (total(ledger).unknown, total(ledger).to_do) == (1, 2)
    early = ledger.early()
    ledger.check({2: 3}, early, {2: 6}, now=2.0)
    view = ledger.view()
    assert (view.total.unknown, view.total.predictions, view.total.requests, view.total.to_do) == (2, 3, 5, 2)
    assert sorted(place.offset for place in view.places) == [3, 900]


def test_an_outcome_that_is_read_before_its_request_counts_once_its_request_is_read() -> None:
    ledger = opened()
    consumed(ledger, [0, 1], Kind.DEAD_LETTER)
    early = ledger.early()
    ledger.check({2: 2}, early, {2: 2}, now=2.0)
    assert (total(ledger).requests, total(ledger).dead_letters, total(ledger).unknown) == (2, 2, 0)
    ledger.add_requests(2, (0, 3, 3), range(3), now=1.0)
    assert (total(ledger).requests, total(ledger).dead_letters, total(ledger).to_do) == (3, 2, 1)


def test_outcomes_of_requests_before_the_window_are_ignored() -> None:
    ledger = ModelLedger("from an hour ago")
    ledger.open(2, 5, 100.0)
    consumed(ledger, [3, 4, 5, 6])
    ledger.add_requests(2, (3, 8, 5), range(3, 8), now=1.0)
    assert (total(ledger).requests, total(ledger).predictions, total(ledger).doubled) == (3, 2, 0)


def test_too_many_gaps_begin_the_account_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_account, "MOST_GAPS", 10)
    ledger = opened()
    ledger.add_requests(2, (0, 50, 25), range(0, 50, 2), now=1.0)
    consumed(ledger, [50, 51])
    ledger.add_requests(2, (50, 51, 1), range(50, 51), now=1.0)
    assert total(ledger).to_do == 0
    assert "began again" in ledger.view().edge
    ledger.add_requests(2, (51, 53, 2), range(51, 53), now=1.0)
    assert (total(ledger).requests, total(ledger).predictions, total(ledger).to_do) == (3, 2, 1)


def test_a_window_that_begins_amid_the_outcomes_begins_with_the_first_prediction_that_was_read() -> None:
    ledger = opened()
    ledger.cut.add(Kind.PREDICTION)
    consumed(ledger, [40], Kind.DEAD_LETTER)
    consumed(ledger, list(range(100, 200)))
    ledger.add_requests(2, (0, 210, 210), range(210), now=1.0)
    ledger.check({2: 200}, {}, {2: 210}, now=2.0, is_beginning=True)
    assert ledger.view().checked_at is None
    ledger.check({2: 200}, {}, {2: 210}, now=3.0)
    row = ledger.view().partitions[0]
    assert (row.first, row.lost, row.to_do) == (100, 0, 10)
    assert row.requests == row.predictions + row.dead_letters + row.to_do
    ledger.check({2: 203}, {}, {2: 210}, now=4.0)
    assert total(ledger).lost == 3


def test_outcomes_of_a_partition_that_the_requests_do_not_have_are_unknown_and_named() -> None:
    ledger = opened()
    ledger.add_outcomes(77, Kind.PREDICTION, [5], lambda index: "somewhere", now=1.0)
    early = ledger.early()
    ledger.check({}, {}, {2: 0}, now=2.0)
    assert not ledger.view().places
    ledger.check({}, early, {2: 0}, now=3.0)
    assert [(place.kind, place.partition, place.offset) for place in ledger.view().places] == [("unknown", 77, 5)]
    assert "1 outcomes name a partition that the requests do not have" in ledger.view().edge


def test_partitions_that_outcomes_invent_take_bounded_memory() -> None:
    ledger = opened()
    for partition in range(5_000):
        ledger.add_outcomes(partition, Kind.PREDICTION, [1], lambda index: "somewhere", now=1.0)
    assert len(ledger.early()) <= 1_002


def test_duplicates_that_were_read_before_the_window_was_known_are_all_counted() -> None:
    ledger = ModelLedger("")
    for _ in range(2):
        consumed(ledger, list(range(5_000)))
    ledger.open(2, 1_000, None)
    ledger.add_requests(2, (1_000, 5_000, 4_000), range(1_000, 5_000), now=1.0)
    assert (total(ledger).doubled, total(ledger).predictions) == (4_000, 4_000)


def test_outcomes_that_cannot_be_read_are_said_beside_the_ledger() -> None:
    ledger = opened()
    ledger.unreadable += 500
    assert "500 outcomes cannot be read" in ledger.view().edge

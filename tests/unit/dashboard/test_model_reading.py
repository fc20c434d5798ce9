"""Where a model is read from after a start: a bounded window whose outcomes are surely all read."""

from collections.abc import Collection, Mapping

import pytest

from petalstream.broker import KafkaError, Partition
from services.dashboard.follow import model_reading
from services.dashboard.follow.model_reading import ModelReading
from services.dashboard.ledger.ledger import ModelLedger
from services.dashboard.ledger.partition_account import Kind
from services.dashboard.status.facts import Bounds, Facts, TopicFacts
from tests.unit.dashboard import batches

NOW = 1_790_000_000.0
MS = int(NOW * 1000)
REQUESTS = Partition("iris.requests", 0)
PREDICTIONS, LETTERS = Partition("iris.predictions", 0), Partition("iris.dead-letters", 0)


NONE = Bounds(0, 0, 0)


class FakeReader:
    """Knows the first offset at or after a time of each partition, and how far the partitions are read."""

    def __init__(self, offsets: Mapping[Partition, list[tuple[int, int]]], is_away: bool = False) -> None:
        self.offsets, self.is_away = offsets, is_away
        self.positions: dict[Partition, int] = {}

    def offsets_at(self, partitions: Collection[Partition], milliseconds: int) -> dict[Partition, int | None]:
        if self.is_away:
            raise KafkaError("no broker")
        return {
            each: next((offset for time, offset in self.offsets.get(each, []) if time >= milliseconds), None)
            for each in partitions
        }

    def position(self, partition: Partition, default: int) -> int:
        return self.positions.get(partition, default)


def facts(requests: Bounds, predictions: Bounds, letters: Bounds = NONE) -> Facts:
    bounds = {"iris.requests": requests, "iris.predictions": predictions, "iris.dead-letters": letters}
    return Facts(0.0, {}, {topic: TopicFacts(topic, {0: each}) for topic, each in bounds.items()})


def update(reading: ModelReading, found: Facts, reader: FakeReader, ledger: ModelLedger) -> None:
    reading.update(found, reader, ledger, NOW)  # type: ignore[arg-type]


def test_topics_of_the_last_hour_are_read_whole() -> None:
    reading, ledger = ModelReading("iris"), ModelLedger()
    update(reading, facts(Bounds(0, 90, 90), Bounds(0, 80, 80)), FakeReader({PREDICTIONS: [(MS - 5000, 0)]}), ledger)
    assert reading.positions == {REQUESTS: 0, PREDICTIONS: 0, LETTERS: 0}
    assert (ledger.edge, ledger.cut) == (model_reading.WHOLE, set())


def test_dead_letters_of_two_hours_ago_do_not_empty_the_window() -> None:
    reading, ledger = ModelReading("iris"), ModelLedger()
    hour, minute = MS - 3_600_000, 60_000
    reader = FakeReader(
        {PREDICTIONS: [(hour, 500)], LETTERS: [(hour - 7_200_000, 0)], REQUESTS: [(hour, 600), (hour + minute, 700)]}
    )
    update(reading, facts(Bounds(0, 9000, 9000), Bounds(0, 9000, 9000), Bounds(0, 5, 5)), reader, ledger)
    assert reading.positions == {PREDICTIONS: 500, LETTERS: 5, REQUESTS: 700}
    assert (ledger.edge, ledger.cut) == (model_reading.PARTIAL, {Kind.PREDICTION})


def test_an_open_transaction_of_a_quiet_partition_is_read_when_it_ends() -> None:
    reading, ledger = ModelReading("iris"), ModelLedger()
    reader = FakeReader({PREDICTIONS: [(MS - 5000, 10)], LETTERS: []})
    update(reading, facts(Bounds(0, 50, 50), Bounds(0, 50, 50), Bounds(0, 7, 9)), reader, ledger)
    assert reading.positions[LETTERS] == 7


def test_of_very_many_outcomes_the_last_ones_are_read_and_the_requests_after_the_first_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_reading, "MOST_RECORDS", 100)
    reading, ledger = ModelReading("iris"), ModelLedger()
    reader = FakeReader({PREDICTIONS: [(MS - 3_000_000, 0)], REQUESTS: [(MS - 100_000, 950), (MS - 30_000, 980)]})
    found = facts(Bounds(0, 1000, 1000), Bounds(0, 900, 900))
    update(reading, found, reader, ledger)
    assert reading.positions == {PREDICTIONS: 800, LETTERS: 0}
    assert not reading.has_requests
    reading.note([batches.predictions(0, [7], MS, MS - 95_000, first=800)])
    update(reading, found, reader, ledger)
    assert reading.positions[REQUESTS] == 980
    assert ledger.cut == {Kind.PREDICTION}


def test_outcomes_that_are_nothing_but_markers_let_the_requests_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_reading, "MOST_RECORDS", 10)
    reading, ledger = ModelReading("iris"), ModelLedger()
    reader = FakeReader({PREDICTIONS: [(MS - 3_000_000, 0)]})
    found = facts(Bounds(0, 100, 100), Bounds(0, 90, 90))
    update(reading, found, reader, ledger)
    reader.positions[PREDICTIONS] = 90
    reading.move(reader, NOW)  # type: ignore[arg-type]
    update(reading, found, reader, ledger)
    assert reading.positions[REQUESTS] == 100


def test_a_look_up_that_fails_is_made_again_with_the_same_bounds() -> None:
    reading, ledger = ModelReading("iris"), ModelLedger()
    found = facts(Bounds(0, 9000, 9000), Bounds(0, 9000, 9000), Bounds(0, 5, 5))
    with pytest.raises(KafkaError):
        update(reading, found, FakeReader({}, is_away=True), ledger)
    reader = FakeReader({PREDICTIONS: [(MS - 5000, 8990)], REQUESTS: [(MS, 8995)]})
    update(reading, found, reader, ledger)
    assert reading.positions[PREDICTIONS] == 8990


def test_topics_and_partitions_that_appear_later_are_read_from_their_first_record() -> None:
    reading, ledger = ModelReading("iris"), ModelLedger()
    reader = FakeReader({})
    update(reading, Facts(0.0, {}, {"iris.requests": TopicFacts("r", {0: Bounds(0, 3, 3)})}), reader, ledger)
    later = {
        topic: TopicFacts("r" if topic == "iris.requests" else topic, {0: Bounds(0, 3, 3), 1: Bounds(0, 2, 2)})
        for topic in ("iris.requests", "iris.predictions")
    }
    update(reading, Facts(1.0, {}, later), reader, ledger)
    assert set(reading.positions.values()) == {0}
    assert sorted(ledger.accounts) == [0, 1]
    assert not reading.is_of_other_topics(Facts(1.0, {}, later))


def test_a_reader_that_is_slower_than_the_topics_is_said_to_catch_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_reading, "LATE_SECONDS", 0.0)
    reading, ledger, reader = ModelReading("iris"), ModelLedger(), FakeReader({})
    update(reading, facts(Bounds(0, 0, 0), Bounds(0, 0, 0)), reader, ledger)
    reading.move(reader, NOW)  # type: ignore[arg-type]
    assert reading.is_current
    assert not reading.is_catching_up
    update(reading, facts(Bounds(0, 500, 500), Bounds(0, 400, 400)), reader, ledger)
    assert (reading.behind, reading.is_catching_up) == (900, True)
    reading.unreadable = {"iris.requests"}
    assert reading.behind == 400

"""Partitions, positions, and partitions that were assigned and cannot be read yet."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace

import pytest
from kafka.errors import NotCoordinatorError

from petalstream.broker import KafkaError, Partition, PartitionState, Position, new_partitions, positions_after
from petalstream.broker.interfaces import LOOK_UP_PAUSE_SECONDS, MOST_LOOK_UP_SECONDS
from petalstream.broker.new_partitions import NewPartitions
from tests.records import Record

IRIS, OTHER, ROSE = Partition("iris.requests", 0), Partition("iris.requests", 1), Partition("rose.requests", 0)


class Clients:
    """A client that looks partitions up and starts them; `errors` are raised by topic, one by one. A listener too."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.errors: dict[str, list[KafkaError]] = {}
        self.asked: list[list[Partition]] = []
        self.started: dict[Partition, int] = {}
        monkeypatch.setattr(new_partitions, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.new = NewPartitions(self._look_up, self._start)

    def _look_up(self, partitions: Sequence[Partition]) -> list[PartitionState]:
        self.asked.append(list(partitions))
        if errors := self.errors.get(partitions[0].topic):
            raise errors.pop(0)
        return [PartitionState(each, "the-topic", None, 10 * (1 + each.number), 100) for each in partitions]

    def _start(self, partition: Partition, offset: int) -> None:
        self.started[partition] = offset

    def begin(self, states: Sequence[PartitionState]) -> list[int]:
        return [state.log_start for state in states]

    def end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """Nothing ends here."""


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    return Clients(monkeypatch)


def test_a_partition_and_a_position_after_records() -> None:
    assert str(OTHER) == "iris.requests[1]"
    records = [Record(partition=partition, offset=offset) for partition, offset in ((1, 8), (0, 4), (0, 5))]
    assert positions_after(records) == {IRIS: Position(6, ""), OTHER: Position(9, "")}
    assert positions_after(records, "the-topic")[IRIS] == Position(6, "the-topic")
    assert positions_after([]) == {}


def test_new_partitions_start_where_the_listener_says_topic_by_topic(clients: Clients) -> None:
    clients.new.add([OTHER, ROSE, IRIS])
    assert clients.new.all() == {IRIS, OTHER, ROSE}
    clients.new.begin(clients)
    assert clients.started == {IRIS: 10, OTHER: 20, ROSE: 10}
    assert sorted(clients.asked) == [[IRIS, OTHER], [ROSE]]
    assert clients.new.all() == set()
    clients.now += 60
    clients.new.begin(clients)
    assert len(clients.asked) == 2


def test_a_topic_that_cannot_be_looked_up_now_is_asked_for_again_after_a_pause_and_delays_no_other(
    clients: Clients,
) -> None:
    clients.errors["iris.requests"] = [NotCoordinatorError(), NotCoordinatorError()]
    clients.new.add([IRIS, ROSE])
    clients.new.begin(clients)
    assert (clients.started, clients.new.all()) == ({ROSE: 10}, {IRIS})
    clients.now += LOOK_UP_PAUSE_SECONDS / 2
    clients.new.begin(clients)
    assert clients.asked.count([IRIS]) == 1
    clients.now += LOOK_UP_PAUSE_SECONDS
    clients.new.begin(clients)
    assert clients.asked.count([IRIS]) == 2
    clients.now += LOOK_UP_PAUSE_SECONDS
    clients.new.begin(clients)
    assert clients.started == {IRIS: 10, ROSE: 10}


def test_partitions_that_are_added_later_are_looked_up_at_once(clients: Clients) -> None:
    clients.errors["iris.requests"] = [NotCoordinatorError()]
    clients.new.add([IRIS])
    clients.new.begin(clients)
    clients.new.add([ROSE])
    clients.new.begin(clients)
    assert clients.started == {IRIS: 10, ROSE: 10}


def test_an_error_that_passes_is_raised_after_a_minute(clients: Clients) -> None:
    clients.errors["iris.requests"] = [NotCoordinatorError() for _ in range(3)]
    clients.new.add([IRIS])
    clients.new.begin(clients)
    clients.now += MOST_LOOK_UP_SECONDS - 1
    clients.new.begin(clients)
    clients.now += 2
    clients.new.add([IRIS])  # assigned already: its minute does not begin again
    with pytest.raises(NotCoordinatorError):
        clients.new.begin(clients)


def test_an_error_that_does_not_pass_is_raised_at_once(clients: Clients) -> None:
    clients.errors["iris.requests"] = [KafkaError("no")]
    clients.new.add([IRIS])
    with pytest.raises(KafkaError):
        clients.new.begin(clients)


def test_partitions_that_are_gone_before_they_are_begun_are_not_started(clients: Clients) -> None:
    clients.new.add([IRIS, OTHER])
    clients.new.remove([IRIS, ROSE])
    clients.new.begin(clients)
    assert clients.started == {OTHER: 20}

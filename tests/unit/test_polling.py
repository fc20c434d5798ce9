"""A poll of kafka-python's consumer: what is a moment away comes along, and nothing in hand is lost by it."""

from collections.abc import Callable
from typing import Any

import pytest
from kafka import TopicPartition

from petalstream.broker import CommitFailedError, KafkaError, UnreadableRecords
from petalstream.broker.kafka_python.consumer import Consumer
from tests.records import Record

PLACE = TopicPartition("iris.requests", 0)
Step = list[int] | Exception | Callable[[], None]


class Client:
    """Gives the offsets, or raises, as it is told for each poll; `asked` is for how long and how many each was."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.generation = 1
        self.asked: list[tuple[int, int]] = []

    def poll(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Record]]:
        self.asked.append((timeout_ms, max_records))
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step()
            return {}
        return {PLACE: [Record(offset=offset) for offset in step]} if step else {}

    def group_metadata(self) -> int:
        return self.generation

    def highwater(self, place: TopicPartition) -> None:
        return None


def polled(client: Any, most: int = 10) -> list[int]:
    return [record.offset for record in Consumer(client).poll(0.5, most)]


def unreadable(first: int) -> UnreadableRecords:
    return UnreadableRecords(PLACE.topic, PLACE.partition, first, first + 1, ValueError("checksum"))


def test_what_comes_within_a_moment_of_the_first_records_is_of_the_same_poll() -> None:
    client = Client([7, 8], [9])
    assert polled(client) == [7, 8, 9]
    assert client.asked == [(500, 10), (1, 8)]


@pytest.mark.parametrize("first", [[], list(range(10))], ids=["no record", "as many as may be"])
def test_a_poll_is_one_where_there_is(first: list[int]) -> None:
    client = Client(first)
    assert polled(client) == first
    assert client.asked == [(500, 10)]


def test_records_before_bytes_that_cannot_be_read_are_given_first_and_the_bytes_named_by_the_next_poll() -> None:
    client = Client([7, 8], unreadable(9), unreadable(9))
    assert polled(client) == [7, 8]
    with pytest.raises(UnreadableRecords):
        polled(client)


def test_records_of_an_earlier_membership_are_not_given_as_those_of_a_later_one() -> None:
    def rebalance() -> None:
        client.generation += 1

    client = Client([7, 8], rebalance)
    with pytest.raises(CommitFailedError):
        polled(client)


def test_any_other_error_leaves_the_records_to_be_read_again() -> None:
    with pytest.raises(KafkaError):
        polled(Client([7, 8], KafkaError("lost")))

"""What is read from librdkafka's statistics."""

import json

import pytest
from confluent_kafka import OFFSET_INVALID, TopicPartition

from petalstream.broker import PartitionProgress
from petalstream.broker.confluent import statistics
from petalstream.broker.confluent.statistics import Statistics


def noted(states: dict[str, str], **partition: int) -> Statistics:
    """Statistics in which brokers have these states and iris.requests[0] these offsets."""
    found = Statistics()
    topics = {"iris.requests": {"partitions": {"0": partition}}}
    found.options()["stats_cb"](json.dumps({"brokers": {n: {"state": s} for n, s in states.items()}, "topics": topics}))
    return found


@pytest.mark.parametrize(
    ("states", "is_connected"),
    [
        ({}, False),
        ({"one": "UP"}, True),
        ({"one": "DOWN", "two": "UP"}, True),
        ({"one": "TRY_CONNECT", "two": "APIVERSION_QUERY", "three": "INIT"}, False),
    ],
)
def test_one_broker_that_answers_is_a_connection(states: dict[str, str], is_connected: bool) -> None:
    assert noted(states).is_connected is is_connected


def test_old_statistics_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = noted({"one": "UP"})
    monkeypatch.setattr(statistics, "STALE_SECONDS", 0)
    assert not found.is_connected
    assert not Statistics().is_connected


@pytest.mark.parametrize(
    ("polled", "partition", "progress"),
    [
        (12, {"ls_offset": 20, "committed_offset": 3, "lo_offset": 0}, (12, 20)),
        (OFFSET_INVALID, {"ls_offset": 20, "committed_offset": 3, "lo_offset": 0}, (3, 20)),
        (OFFSET_INVALID, {"ls_offset": 1100, "committed_offset": -1001, "lo_offset": 900}, (900, 1100)),
        (OFFSET_INVALID, {"ls_offset": -1001, "committed_offset": -1001, "lo_offset": -1001}, (None, None)),
    ],
)
def test_the_position_is_of_the_next_record_and_the_end_the_last_stable_offset(
    polled: int, partition: dict[str, int], progress: tuple[int | None, int | None]
) -> None:
    position = TopicPartition("iris.requests", 0, polled)
    assert noted({}, **partition).progress([position]) == [PartitionProgress("iris.requests", 0, *progress)]

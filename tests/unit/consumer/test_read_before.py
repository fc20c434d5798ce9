"""Which partitions a group has read: records in the group's compacted topic, beside the states of its lanes."""

import json
from collections.abc import Mapping

import pytest

from petalstream import broker
from petalstream.broker import KafkaError, Partition
from services.consumer.pauses.read_before import ReadPartitions
from tests.records import Record

IRIS, ROSE = Partition("iris.requests", 0), Partition("rose.requests", 12)


def record(key: bytes | None, value: bytes | None) -> Record:
    return Record("petalstream.lanes", key=key, value=value)


def test_what_is_remembered_is_known_at_once_and_by_those_who_read_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[bytes, bytes] = {}

    def write(servers: str, topic: str, records: Mapping[bytes, bytes]) -> int:
        assert (servers, topic) == ("servers", "petalstream.lanes")
        written.update(records)
        return 1

    monkeypatch.setattr(broker, "write_compacted", write)
    own, other = ReadPartitions("servers", "petalstream"), ReadPartitions("servers", "petalstream")
    own.remember({IRIS: "iris-topic", ROSE: "rose-topic"})
    assert all(other.apply(record(key, value)) for key, value in written.items())
    for each in (own, other):
        assert (each.topic_id(IRIS), each.topic_id(ROSE)) == ("iris-topic", "rose-topic")
        assert each.topic_id(Partition("iris.requests", 1)) is None


def test_what_could_not_be_written_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> int:
        raise KafkaError("no broker")

    monkeypatch.setattr(broker, "write_compacted", write)
    own = ReadPartitions("servers", "petalstream")
    with pytest.raises(KafkaError):
        own.remember({IRIS: "iris-topic"})
    assert own.topic_id(IRIS) is None


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[1]", b'{"topic_id": 1}'])
def test_a_record_without_an_id_forgets_a_partition(value: bytes | None) -> None:
    own = ReadPartitions("servers", "petalstream")
    assert own.apply(record(b"iris.requests[0]", json.dumps({"topic_id": "iris-topic"}).encode()))
    assert own.topic_id(IRIS) == "iris-topic"
    assert own.apply(record(b"iris.requests[0]", value))
    assert own.topic_id(IRIS) is None


@pytest.mark.parametrize("key", [None, b"", b"iris", b"iris.requests", b"iris.requests[]", b"iris.requests[x]", b"[0]"])
def test_a_record_whose_key_is_no_partition_is_about_something_else(key: bytes | None) -> None:
    assert not ReadPartitions("servers", "petalstream").apply(record(key, b'{"topic_id": "iris-topic"}'))


@pytest.mark.parametrize("value", [b"{", b"\xff", b"[" * 100_000])
def test_a_value_that_is_not_json_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ReadPartitions("servers", "petalstream").apply(record(b"iris.requests[0]", value))

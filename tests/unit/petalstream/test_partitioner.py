"""A key's partition is the one that kafka-python, and with it Java's client, would choose."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import DefaultPartitioner

from petalstream.broker.kafka_python.partitioner import ByKey


def cluster(partitions: int, leaders: int) -> SimpleNamespace:
    """What the client knows of a topic whose first partitions have a leader."""
    return SimpleNamespace(
        topics=lambda: {"t"},
        partitions_for_topic=lambda topic: set(range(partitions)),
        available_partitions_for_topic=lambda topic: set(range(leaders)),
    )


@given(st.binary(max_size=40), st.integers(1, 50))
def test_a_key_has_the_partition_that_the_client_itself_would_choose(key: bytes, partitions: int) -> None:
    known = cluster(partitions, partitions)
    own, others = (each.partition("t", key, key, b"", b"", known) for each in (ByKey(), DefaultPartitioner()))
    assert own == others


def test_a_record_without_a_key_goes_to_a_partition_that_has_a_leader() -> None:
    assert {ByKey().partition("t", None, None, b"", b"", cluster(6, 1)) for _ in range(50)} == {0}

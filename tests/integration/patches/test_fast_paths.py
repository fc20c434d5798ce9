"""kafka-python still does what fast_paths.py and partitioner.py avoid. No time is measured, only what is done."""

import socket
import sys
import threading
from contextlib import closing
from types import FrameType
from typing import Any

from kafka import KafkaProducer
from kafka.net.transport import KafkaTCPTransport
from kafka.partitioner import DefaultPartitioner, Partitioner

from petalstream.broker.kafka_python import clients, fast_paths
from petalstream.broker.kafka_python.partitioner import ByKey
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, without

TOPIC, RECORDS, RECEIVED_BYTES, PARTITIONS = "patches", 100, 50_000, 6
HEADERS = [(f"name-{number}", b"value") for number in range(12)]


def calls_a_record(producer: KafkaProducer) -> int:
    """Return how many functions of Python are called to estimate the size of one record."""
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        producer._estimate_size_in_bytes(b"key", b"value", HEADERS)
    finally:
        sys.setprofile(None)
    return calls


def test_the_client_calls_a_function_for_each_header_to_estimate_a_size(kafka_broker: LocalBroker) -> None:
    with without(clients, "measure_quickly"), closing(clients.new_producer(kafka_broker.servers, SECONDS)) as producer:
        assert_needed("fast_paths.measure_quickly", calls_a_record(producer) > len(HEADERS))
    with closing(clients.new_producer(kafka_broker.servers, SECONDS)) as producer:
        assert calls_a_record(producer) < len(HEADERS)


class CountingLock:
    """Counts how often one thread takes a lock."""

    def __init__(self, lock: Any) -> None:
        self.count, self._lock, self._thread = 0, lock, threading.get_ident()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.count += threading.get_ident() == self._thread

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def locks_a_record(servers: str) -> float:
    """Return how often sending in a transaction takes the lock that the client's own thread uses, a record."""
    with closing(clients.new_transactional_producer(servers, 8, "patches", SECONDS)) as producer:
        producer.begin_transaction()
        producer.send(TOPIC, b"value", b"key").get(SECONDS)
        lock = producer._transaction_manager._lock = CountingLock(producer._transaction_manager._lock)
        for _ in range(RECORDS):
            producer.send(TOPIC, b"value", b"key")
        found = lock.count / RECORDS
        producer.commit_transaction()
        return found


def test_the_client_takes_a_lock_for_each_record_of_a_transaction(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, TOPIC)
    with without(clients, "add_quickly"):
        assert_needed("fast_paths.add_quickly", locks_a_record(kafka_broker.servers) >= 1)
    assert locks_a_record(kafka_broker.servers) < 1


class CountingSocket:
    """Counts the reads from a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.count, self._connection = 0, connection

    def recv(self, most: int) -> bytes:
        """Read up to `most` bytes."""
        self.count += 1
        return self._connection.recv(most)


def test_the_client_reads_small_pieces() -> None:
    # That a consumer reads with the patch: tests/integration/test_fast_paths.py.
    own, other = socket.socketpair()
    with closing(own), closing(other):
        own.setblocking(False)
        connection = CountingSocket(own)
        other.sendall(b"x" * RECEIVED_BYTES)
        data, error = KafkaTCPTransport(None, connection)._sock_recv()
        assert (len(data), error) == (RECEIVED_BYTES, None)
        assert_needed("fast_paths.read_quickly", connection.count > 10)
        connection.count = 0
        other.sendall(b"x" * RECEIVED_BYTES)
        assert len(fast_paths.received(connection)[0]) == RECEIVED_BYTES
        assert connection.count == 1


class CountingCluster:
    """What a client knows of a topic; counts the lists of available partitions that it builds."""

    count = 0

    def topics(self) -> set[str]:
        """Return all topics."""
        return {TOPIC}

    def partitions_for_topic(self, topic: str) -> set[int]:
        """Return the partitions of a topic."""
        return set(range(PARTITIONS))

    def available_partitions_for_topic(self, topic: str) -> set[int]:
        """Return the partitions of a topic that have a leader."""
        self.count += 1
        return set(range(PARTITIONS))


def lists_a_record(partitioner: Partitioner) -> int:
    """Return how many lists of available partitions the choice for one key builds."""
    cluster = CountingCluster()
    partitioner.partition(TOPIC, b"key", b"key", b"value", b"value", cluster)
    return cluster.count


def test_the_client_lists_the_available_partitions_for_each_key() -> None:
    # That both choose the same partition: tests/unit/petalstream/test_partitioner.py.
    assert_needed("partitioner.ByKey", lists_a_record(DefaultPartitioner()) > 0)
    assert lists_a_record(ByKey()) == 0

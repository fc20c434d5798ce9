"""kafka-python's producer still needs the patches in producer_workarounds.py, and goes on with them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from kafka import KafkaProducer
from kafka.structs import ConsumerGroupMetadata

from embedded.waiting import wait_until
from petalstream.broker import KafkaError, KafkaTimeoutError, NeighbourRefused, Partition, Position, lags
from petalstream.broker.errors import CommitFailedError
from petalstream.broker.kafka_python import clients, producer_workarounds
from petalstream.broker.kafka_python.producer import Producer, send
from petalstream.messages import Message
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, within, without

# What a client does without a patch changes with its version alone.
pytestmark = pytest.mark.long

COMPACT, PATCH, EXPIRY_SECONDS = "compact", "producer_workarounds._replace_fatal_errors", 1
GOOD, BAD = Message(COMPACT, b"key", b"value", []), Message(COMPACT, None, b"value", [])
# Each fills a batch of its own.
LARGE_GOOD, LARGE_BAD = (Message(COMPACT, key, b"x" * 400_000, []) for key in (b"key", None))


@contextmanager
def connected(servers: str, transactional_id: str | None = None) -> Iterator[tuple[KafkaProducer, Producer]]:
    """Return a client and the producer that uses it; a transaction is open if there is an id."""
    if transactional_id is None:
        client = clients.new_producer(servers, 8, linger_ms=clients.BATCH_LINGER_MS)
    else:
        client = clients.new_transactional_producer(servers, 8, transactional_id)
        client.begin_transaction()
    producer = Producer(client)
    try:
        yield client, producer
    finally:
        producer.close(1)


def goes_on(write: Callable[[], object]) -> bool:
    """Whether a write, or a transaction, succeeds."""
    try:
        return not write()
    except KafkaError:
        return False


def goes_on_after_a_refused_record(servers: str) -> bool:
    """Whether a producer writes a record after one that the broker refused."""
    with connected(servers) as (_, producer):
        assert not goes_on(lambda: producer.write([GOOD, BAD], within(SECONDS)))
        return goes_on(lambda: producer.write([GOOD], within(SECONDS)))


def test_the_client_stops_for_good_after_a_refused_record(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with without(producer_workarounds, "_replace_fatal_errors"):
        assert_needed(PATCH, not goes_on_after_a_refused_record(kafka_broker.servers))
    assert goes_on_after_a_refused_record(kafka_broker.servers)


def goes_on_after_an_expired_batch(broker: LocalBroker, seconds: float) -> bool:
    """Whether a producer writes a record within some seconds after a batch that it had sent has expired."""
    client = clients.new_producer(broker.servers, EXPIRY_SECONDS)
    producer = Producer(client)

    def writes() -> bool:
        return goes_on(lambda: producer.write([GOOD], within(2 * EXPIRY_SECONDS)))

    try:
        wait_until(writes, "the first record to be written", SECONDS)
        with broker.paused():
            future = send(client, GOOD)
            wait_until(lambda: future.is_done, "the batch to expire", SECONDS)
            assert isinstance(future.exception, KafkaTimeoutError)
        wait_until(writes, "a record to be written", seconds)
    except TimeoutError:
        return False
    finally:
        producer.close(1)
    return True


def test_the_client_stops_for_good_after_an_expired_batch(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with without(producer_workarounds, "_replace_fatal_errors"):
        assert_needed(PATCH, not goes_on_after_an_expired_batch(kafka_broker, 3 * EXPIRY_SECONDS))
    assert goes_on_after_an_expired_batch(kafka_broker, SECONDS)


@contextmanager
def aborted(servers: str, has_new_epoch: bool) -> Iterator[tuple[KafkaProducer, Producer]]:
    """A producer that has aborted a transaction with a refused record, and has begun the next one."""
    with connected(servers, "patches") as (client, producer):
        assert goes_on(lambda: producer.write([GOOD], within(SECONDS)))
        client.commit_transaction()
        client.begin_transaction()
        assert set(producer.write([GOOD, BAD], within(SECONDS))) == {0, 1}
        producer.abort_transaction(within(SECONDS)) if has_new_epoch else client.abort_transaction()
        client.begin_transaction()
        yield client, producer


def test_the_client_leaves_a_gap_in_the_sequence_numbers_after_an_abort(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with aborted(kafka_broker.servers, has_new_epoch=False) as (_, producer):
        has_gap = not goes_on(lambda: producer.write([GOOD], within(SECONDS)))
    assert_needed("the new epoch in Producer.abort_transaction", has_gap)
    with aborted(kafka_broker.servers, has_new_epoch=True) as (client, producer):
        assert goes_on(lambda: producer.write([GOOD], within(SECONDS)) or client.commit_transaction())


def goes_on_after_a_gap(servers: str) -> bool:
    """Whether a producer can abort a transaction in which the broker finds a gap, and commit the next one."""
    with aborted(servers, has_new_epoch=False) as (client, producer):
        assert not goes_on(lambda: producer.write([GOOD], within(SECONDS)))

        def commit_the_next() -> object:
            producer.abort_transaction(within(SECONDS))
            client.begin_transaction()
            return producer.write([GOOD], within(SECONDS)) or client.commit_transaction()

        return goes_on(commit_the_next)


def test_the_client_cannot_abort_a_transaction_with_a_gap(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with without(producer_workarounds, "_replace_fatal_errors"):
        assert_needed(PATCH, not goes_on_after_a_gap(kafka_broker.servers))
    assert goes_on_after_a_gap(kafka_broker.servers)


def kind_of_neighbour(servers: str) -> type[BaseException]:
    """Return the kind of error of a good record in the batch of a refused one."""
    with connected(servers) as (_, producer):
        return type(producer.write([GOOD, BAD], within(SECONDS))[0])


def test_the_client_gives_a_neighbour_in_the_batch_no_error_of_its_own(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with without(producer_workarounds, "_name_neighbours"):
        assert_needed("producer_workarounds._name_neighbours", kind_of_neighbour(kafka_broker.servers) is KafkaError)
    assert kind_of_neighbour(kafka_broker.servers) is NeighbourRefused


def kind_of_neighbour_in_the_transaction(broker: LocalBroker) -> type[BaseException]:
    """Return the kind of error of a good record in the batch after that of a refused one."""
    with connected(broker.servers, "patches") as (client, _):
        client.partitions_for(COMPACT)
        with broker.paused():  # so that both batches wait when the broker refuses the first one
            bad, good = send(client, LARGE_BAD), send(client, LARGE_GOOD)
        wait_until(lambda: bad.is_done and good.is_done, "both records to fail", SECONDS)
        return type(good.exception)


def test_the_client_gives_a_neighbour_in_the_transaction_the_error_of_the_refused_record(
    kafka_broker: LocalBroker,
) -> None:
    create(kafka_broker.servers, COMPACT, cleanup_policy="compact")
    with without(producer_workarounds, "_name_neighbours"):
        found = kind_of_neighbour_in_the_transaction(kafka_broker)
        assert_needed("producer_workarounds._name_neighbours", found is not NeighbourRefused)
    assert kind_of_neighbour_in_the_transaction(kafka_broker) is NeighbourRefused


def committed_after_refused_offsets(servers: str) -> set[int]:
    """Commit partition 1 in the transaction after one that is refused with partition 0; return what is committed."""
    group = uuid.uuid4().hex
    client = clients.new_transactional_producer(servers, 8, "patches")
    producer = Producer(client)

    def committed() -> set[int]:
        return {lag.partition for lag in lags(servers, group, COMPACT) if lag.committed is not None}

    try:
        producer.begin_transaction(ConsumerGroupMetadata(group, 1, "gone"), {Partition(COMPACT, 0): Position(9)})
        with pytest.raises(CommitFailedError):
            producer.commit_transaction(within(SECONDS))
        producer.abort_transaction(within(SECONDS))
        producer.begin_transaction(ConsumerGroupMetadata(group), {Partition(COMPACT, 1): Position(9)})
        producer.commit_transaction(within(SECONDS))
        wait_until(lambda: 1 in committed(), "the offset of partition 1", SECONDS)
        return committed()
    finally:
        producer.close(1)


def test_the_client_commits_refused_offsets_with_the_next_transaction(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, COMPACT, partitions=2)
    with without(producer_workarounds, "_forget_aborted_offsets"):
        found = committed_after_refused_offsets(kafka_broker.servers)
        assert_needed("producer_workarounds._forget_aborted_offsets", found == {0, 1})
    assert committed_after_refused_offsets(kafka_broker.servers) == {1}

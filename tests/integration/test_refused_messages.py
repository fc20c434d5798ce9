"""A message or topic that the broker refuses is named, and the same producer goes on, with both clients."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from kafka import KafkaAdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker import (
    RECORD_ERRORS,
    TOPIC_ERRORS,
    Consumer,
    KafkaError,
    KafkaTimeoutError,
    Producer,
    positions_after,
)
from petalstream.messages import Message, ReceivedRecord
from petalstream.settings import KafkaClient
from tests.members import Follower
from tests.stack import Stack, confluent_in_long_runs

REQUESTS, COMPACT, SMALL, PLAIN, MISSING = "iris.requests", "compact", "small", "plain", "missing"
SECONDS, CULPRITS = 30, {1, 17, 18}
Write = Callable[[list[Message]], dict[int, KafkaError]]


def left() -> float:
    """Return more seconds than any write needs."""
    return SECONDS


def create(stack: Stack, topic: str, **config: str) -> None:
    """Create a topic of one partition."""
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    try:
        configs = {name.replace("_", "."): value for name, value in config.items()}
        admin.create_topics({topic: {"num_partitions": 1, "configs": configs}}, wait_for_metadata=True)
    finally:
        admin.close()


def values(stack: Stack, topic: str) -> Counter[bytes | None]:
    """Count the committed values of a topic."""
    return Counter(record.value for record in broker.read_topic(stack.servers, topic))


class Transactions:
    """Writes each batch in a transaction, and aborts it if a message fails."""

    def __init__(self, producer: Producer, consumer: Consumer) -> None:
        self.producer, self.consumer = producer, consumer
        self.records: list[ReceivedRecord] = []

        def has_polled() -> bool:
            self.records = consumer.poll(0.2, 10)
            return bool(self.records)

        wait_until(has_polled, "a record", SECONDS)

    def __call__(self, messages: list[Message]) -> dict[int, KafkaError]:
        """Write a batch; return the error of each message that failed."""
        self.producer.begin_transaction(self.consumer.membership(), positions_after(self.records))
        errors = self.producer.write(messages, left)
        self.producer.abort_transaction(left) if errors else self.producer.commit_transaction(left)
        return errors


@pytest.fixture(params=["without transactions", "in transactions"])
def write(request: pytest.FixtureRequest, stack: Stack, kafka_client: KafkaClient) -> Iterator[Write]:
    """Write a batch, with the same producer each time."""
    create(stack, PLAIN)
    client, group = broker.client(kafka_client), stack.settings.consumer_group
    with ExitStack() as closing:
        if request.param == "without transactions":
            plain = client.producer(stack.servers, 8, SECONDS)
            closing.callback(plain.close, 1)
            yield lambda messages: plain.write(messages, left)
            return
        create(stack, REQUESTS)
        stack.write([Message(REQUESTS, b"key", b"value", [])])
        consumer = client.consumer(stack.servers, group, "own", SECONDS)
        closing.callback(consumer.close, 1)
        consumer.subscribe(["iris.requests"], Follower())
        producer = client.transactional_producer(stack.servers, 8, "own", SECONDS)
        closing.callback(producer.close, 1)
        yield Transactions(producer, consumer)


def halve(write: Write, messages: list[Message]) -> dict[int, KafkaError]:
    """Write messages in halves until each culprit is alone; return the culprits' errors by index."""

    def settle(indexes: list[int]) -> dict[int, KafkaError]:
        errors = write([messages[index] for index in indexes])
        if len(indexes) == 1:
            return {indexes[0]: errors[0]} if errors else {}
        # In a transaction, all of its messages have to be written again.
        failed = indexes if isinstance(write, Transactions) and errors else [indexes[index] for index in sorted(errors)]
        middle = (len(failed) + 1) // 2
        return {**settle(failed[:middle]), **settle(failed[middle:])} if failed else {}

    return settle(list(range(len(messages))))


@confluent_in_long_runs
@pytest.mark.parametrize(
    ("topic", "config", "culprit"),
    [
        (COMPACT, {"cleanup_policy": "compact"}, Message(COMPACT, None, b"bad", [])),
        (SMALL, {"max_message_bytes": "3000"}, Message(SMALL, b"key", b"bad" * 1_500, [])),
    ],
    ids=["a record without a key", "a record that is too large"],
)
def test_the_culprits_of_a_batch_are_found_by_halving(
    stack: Stack, write: Write, topic: str, config: dict[str, str], culprit: Message
) -> None:
    create(stack, topic, **config)
    good = Message(topic, b"key", b"good", [])
    messages = [culprit if index in CULPRITS else good for index in range(30)]
    assert write([good]) == {}
    found = halve(write, messages)
    assert set(found) == CULPRITS
    assert all(isinstance(error, RECORD_ERRORS) for error in found.values())
    assert write([good]) == {}
    assert values(stack, topic) == {b"good": 29}


@confluent_in_long_runs
def test_a_refused_message_and_its_neighbours_have_record_errors(stack: Stack, write: Write) -> None:
    create(stack, COMPACT, cleanup_policy="compact")
    good, bad = Message(COMPACT, b"key", b"good", []), Message(COMPACT, None, b"bad", [])
    errors = write([good, bad, *[good] * 8])
    assert set(errors) == set(range(10))
    assert all(isinstance(error, RECORD_ERRORS) for error in errors.values())
    assert not isinstance(errors[1], broker.NeighbourRefused)
    assert write([good] * 5) == {}
    assert values(stack, COMPACT) == {b"good": 5}


@confluent_in_long_runs
def test_a_missing_topic_and_a_wrong_name_are_topic_errors_and_other_topics_go_on(stack: Stack, write: Write) -> None:
    messages = [
        Message(topic, b"key", b"%d" % number, []) for topic in (MISSING, "no topic!", PLAIN) for number in range(2)
    ]
    errors = write(messages)
    assert {index for index, error in errors.items() if isinstance(error, TOPIC_ERRORS)} >= {0, 1, 2, 3}
    assert set(errors) <= {0, 1, 2, 3} or isinstance(write, Transactions)
    assert write([Message(PLAIN, b"key", b"again", [])]) == {}
    create(stack, MISSING)
    wait_until(lambda: not write([Message(MISSING, b"key", b"there", [])]), "the producer to see the topic", SECONDS)
    assert values(stack, MISSING) == {b"there": 1}


@confluent_in_long_runs
def test_nothing_of_an_aborted_transaction_can_be_read(stack: Stack, kafka_client: KafkaClient) -> None:
    create(stack, COMPACT, cleanup_policy="compact")
    create(stack, PLAIN)
    create(stack, REQUESTS)
    stack.write([Message(REQUESTS, b"key", b"value", [])])
    client, group = broker.client(kafka_client), stack.settings.consumer_group
    with ExitStack() as closing:
        consumer = client.consumer(stack.servers, group, "own", SECONDS)
        closing.callback(consumer.close, 1)
        consumer.subscribe(["iris.requests"], Follower())
        producer = client.transactional_producer(stack.servers, 8, "own", SECONDS)
        closing.callback(producer.close, 1)
        transactions = Transactions(producer, consumer)
        assert set(transactions([Message(PLAIN, b"key", b"first", []), Message(COMPACT, None, b"bad", [])])) >= {1}
        assert broker.lags(stack.servers, group, r"iris\.requests")[0].committed is None
        producer.begin_transaction(consumer.membership(), positions_after(transactions.records))
        assert producer.write([Message(PLAIN, b"key", b"left", [])], left) == {}
        producer.abort_transaction(left)
        assert transactions([Message(PLAIN, b"key", b"last", [])]) == {}
    assert values(stack, PLAIN) == {b"last": 1}
    assert broker.lags(stack.servers, group, r"iris\.requests")[0].committed == 1


@confluent_in_long_runs
def test_a_message_whose_fate_is_unknown_has_a_timeout_as_its_error(stack: Stack, kafka_client: KafkaClient) -> None:
    create(stack, PLAIN)
    producer = broker.client(kafka_client).producer(stack.servers, 8, SECONDS)
    try:
        assert producer.write([Message(PLAIN, b"key", b"first", [])], left) == {}
        with stack.broker.paused():
            end = time.monotonic() + 0.5
            messages = [Message(PLAIN, b"key", b"unknown", [])] * 3
            errors = producer.write(messages, lambda: max(0.0, end - time.monotonic()))
        assert {index: type(error) for index, error in errors.items()} == dict.fromkeys(range(3), KafkaTimeoutError)

        def is_written() -> bool:
            return producer.write([Message(PLAIN, b"key", b"last", [])], left) == {}

        wait_until(is_written, "the producer to go on", SECONDS)
    finally:
        producer.close(1)
    assert values(stack, PLAIN)[b"last"] == 1

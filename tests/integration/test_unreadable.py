"""Bytes that the consumer's client cannot read: corrupt ones are passed by, told of, and cost no neighbour outside."""

import signal
import struct

import confluent_kafka
import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from petalstream.settings import Delivery
from tests.stack import FLOWER, Stack, confluent_in_long_runs, ways

SECONDS = 60


class RawName(str):
    """The name of a header that is not UTF-8 on the wire, which other clients can write."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def write(stack: Stack, messages: list[Message]) -> None:
    """Write records as one batch into the only partition there is."""
    broker.create_topics(stack.servers, "iris", 1)
    stack.write(messages, linger_ms=200)


def flowers(count: int, **headers: bytes) -> list[Message]:
    return [Message("iris.requests", b"flower", FLOWER, list(headers.items())) for _ in range(count)]


def corrupt(stack: Stack) -> list[DeadLetter]:
    """The dead letters, all of which must be of this reason."""
    letters = [DeadLetter.read(record) for record in broker.read_topic(stack.servers, "iris.dead-letters")]
    assert {letter.reason for letter in letters} <= {"corrupt"}
    return letters


def everything_back(stack: Stack, predicted: int, dead: int) -> None:
    """Wait for just so many predictions and dead letters, and see that the consumer has not ended."""

    def counted() -> bool:
        predictions = list(broker.read_topic(stack.servers, "iris.predictions"))
        return (len(predictions), len(corrupt(stack))) == (predicted, dead)

    wait_until(counted, f"{predicted} predictions and {dead} dead letters", SECONDS)


@confluent_in_long_runs
def test_a_header_name_that_is_not_utf8_is_a_dead_letter_and_the_stream_goes_on(stack: Stack) -> None:
    write(stack, flowers(3))
    write(stack, [*flowers(2), Message("iris.requests", b"raw", FLOWER, [(RawName("x"), b"1")])])
    write(stack, flowers(3))
    stack.use_shared_api()
    consumer = stack.consume()
    everything_back(stack, predicted=8, dead=1)
    (letter,) = corrupt(stack)
    assert (letter.topic, letter.partition, letter.offset, letter.replayable) == ("iris.requests", 0, 5, False)
    assert "iris.requests[0]@5" in stack.log("consumer").read_text()
    consumer.process.send_signal(signal.SIGTERM)
    assert consumer.process.wait(20) == 0


@pytest.mark.own_broker
@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_batch_that_was_altered_on_the_brokers_disk_is_told_of_offset_by_offset_and_passed(
    stack: Stack, delivery: str
) -> None:
    write(stack, flowers(3))
    write(stack, flowers(4, mark=b"to be altered"))
    write(stack, flowers(3))
    (segment,) = stack.broker.folder.glob("data/iris.requests-0/*.log")
    segment.write_bytes(segment.read_bytes().replace(b"to be altered", b"is altered   "))
    stack.use_shared_api()
    stack.consume(delivery=delivery)
    everything_back(stack, predicted=6, dead=4)
    assert [letter.offset for letter in corrupt(stack)] == [3, 4, 5, 6]
    write(stack, flowers(1))
    everything_back(stack, predicted=7, dead=4)


# Where these fields lie in a record batch, version 2 (kafka.apache.org/documentation/#recordbatch).
LENGTH, LAST_OFFSET_DELTA = 8, 23


def alter(stack: Stack, batch: int, field: int, value: int) -> None:
    """Write a field of four bytes into one of the batches on the broker's disk."""
    (segment,) = stack.broker.folder.glob("data/iris.requests-0/*.log")
    content, start = bytearray(segment.read_bytes()), 0
    for _ in range(batch):
        start += 12 + struct.unpack_from(">i", content, start + LENGTH)[0]
    struct.pack_into(">i", content, start + field, value)
    segment.write_bytes(content)


@pytest.mark.long
@pytest.mark.own_broker
@confluent_in_long_runs
def test_a_batch_whose_end_is_corrupt_does_not_take_the_next_one_with_it(stack: Stack) -> None:
    for count in (3, 4, 3):
        write(stack, flowers(count))
    alter(stack, 1, LAST_OFFSET_DELTA, 1_000)
    stack.use_shared_api()
    stack.consume()
    everything_back(stack, predicted=6, dead=4)
    assert [letter.offset for letter in corrupt(stack)] == [3, 4, 5, 6]
    assert "a new Kafka consumer" not in stack.log("consumer").read_text()


@pytest.mark.long
@pytest.mark.own_broker
@confluent_in_long_runs
def test_what_the_broker_itself_cannot_find_any_more_is_told_of_offset_by_offset(stack: Stack) -> None:
    for count in (3, 2, 1):
        write(stack, flowers(count))
    alter(stack, 1, LENGTH, -5)
    stack.use_shared_api()
    stack.consume()
    everything_back(stack, predicted=3, dead=3)
    assert [letter.offset for letter in corrupt(stack)] == [3, 4, 5]
    assert "iris.requests[0]@3 cannot be read" in stack.log("consumer").read_text()


def test_requests_may_be_compressed_with_any_codec(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        compressing(stack, codec)
    stack.use_shared_api()
    stack.consume()
    everything_back(stack, predicted=400, dead=0)


def compressing(stack: Stack, codec: str, topic: str = "iris.requests") -> None:
    """Write 100 flowers as another client does that compresses."""
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": stack.servers, "compression.type": codec, "linger.ms": 200}
    )
    for _ in range(100):
        producer.produce(topic, FLOWER, b"flower")
    assert producer.flush(30) == 0

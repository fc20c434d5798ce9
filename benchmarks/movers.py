"""`python -m benchmarks.movers CLIENT SERVERS GROUP TOPIC OUT`: move records as the consumer does, but unscored.

What a client can do at most: in batches as large as the consumer's, the same key and value with the headers of a
prediction, each acknowledged by all replicas before its offset is committed. CLIENT is `kafka-python` as the stack
has it, `plain-kafka-python` as it comes, or `confluent`.
"""

import sys
from collections.abc import Collection, Sequence

from confluent_kafka import Consumer, Producer, TopicPartition
from kafka import KafkaConsumer, KafkaProducer

from petalstream import broker, memory
from petalstream.broker import Partition, PartitionState, positions_after
from petalstream.broker.interfaces import BOOTSTRAP_SECONDS, FETCH_BYTES, PARTITION_FETCH_BYTES
from petalstream.lifecycle import Stop, stop_on_signals
from petalstream.messages import Headers, Message
from petalstream.settings import KafkaClient, Settings

BATCH, POLL_SECONDS, DELIVERY_SECONDS = Settings.consumer_batch_records, 0.5, 8
EVENT: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_type", b"petalstream.prediction"),
    ("ce_source", b"/petalstream/consumer"),
    ("ce_time", b"2026-01-01T00:00:00.000Z"),
    ("content-type", b"application/json"),
    ("expected", b"versicolor"),
    ("source_timestamp", b"1767225600000"),
]


def headers(topic: str, partition: int, offset: int) -> Headers:
    """As many and as long as those of a prediction for the record at that place."""
    return [
        *EVENT,
        ("ce_id", f"{topic}[{partition}]@{offset}".encode()),
        ("source_topic", topic.encode()),
        ("source_partition", str(partition).encode()),
        ("source_offset", str(offset).encode()),
    ]


class FromCommitted:
    """A PartitionListener that begins at the committed offset, or else at the log's start."""

    def begin(self, states: Sequence[PartitionState]) -> list[int]:
        """Return the offset at which to begin each partition."""
        return [state.log_start if state.position is None else state.position.offset for state in states]

    def end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """Do nothing: each batch is committed before the next poll."""


def with_kafka_python(servers: str, group: str, topic: str, out: str, stop: Stop) -> None:
    """Move with the very clients of the stack, which are harder to keep up with than as they come."""
    client = broker.client(KafkaClient.KAFKA_PYTHON)
    consumer = client.consumer(servers, group, group, BOOTSTRAP_SECONDS)
    producer = client.producer(servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)
    consumer.subscribe([topic], FromCommitted())
    while not stop.requested():
        records = consumer.poll(POLL_SECONDS, BATCH)
        if not records:
            continue
        messages = [Message(out, each.key, each.value, headers(topic, each.partition, each.offset)) for each in records]
        for error in producer.write(messages, lambda: DELIVERY_SECONDS).values():
            raise error
        consumer.commit(positions_after(records), DELIVERY_SECONDS)
    producer.close(1)
    consumer.close(1)


def with_plain_kafka_python(servers: str, group: str, topic: str, out: str, stop: Stop) -> None:
    """Move with kafka-python's defaults, without the stack's options and workarounds."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_poll_records=BATCH,
    )
    producer = KafkaProducer(bootstrap_servers=servers, acks="all")
    while not stop.requested():
        polled = consumer.poll(timeout_ms=int(POLL_SECONDS * 1000))
        records = [record for of_partition in polled.values() for record in of_partition]
        if not records:
            continue
        futures = [
            producer.send(out, each.value, each.key, headers(topic, each.partition, each.offset)) for each in records
        ]
        producer.flush()
        for future in futures:
            future.get(DELIVERY_SECONDS)
        consumer.commit()
    producer.close(1)
    consumer.close()


def with_confluent(servers: str, group: str, topic: str, out: str, stop: Stop) -> None:
    """Move with confluent-kafka, whose options are given the same values."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": group,
            "group.instance.id": group,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.max.bytes": FETCH_BYTES,
            "max.partition.fetch.bytes": PARTITION_FETCH_BYTES,
            "message.max.bytes": FETCH_BYTES,
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 2_000,
        }
    )
    producer = Producer(
        {"bootstrap.servers": servers, "acks": "all", "enable.idempotence": True, "partitioner": "murmur2_random"}
    )
    consumer.subscribe([topic])
    while not stop.requested():
        records = [each for each in consumer.consume(BATCH, POLL_SECONDS) if not each.error()]
        if not records:
            continue
        for each in records:
            place = (each.partition() or 0, each.offset() or 0)
            producer.produce(out, each.value(), each.key(), headers=list(headers(topic, *place)), on_delivery=_taken)
        if producer.flush(DELIVERY_SECONDS):
            raise SystemExit("the broker did not take a batch in time")
        after = {each.partition(): (each.offset() or 0) + 1 for each in records}
        offsets = [TopicPartition(topic, number or 0, offset) for number, offset in after.items()]
        consumer.commit(offsets=offsets, asynchronous=False)
    consumer.close()


def _taken(error: object, message: object) -> None:
    if error:
        raise SystemExit(f"the broker did not take a record: {error}")


MOVERS = {
    "kafka-python": with_kafka_python,
    "plain-kafka-python": with_plain_kafka_python,
    "confluent": with_confluent,
}


def main(arguments: Sequence[str]) -> None:
    """Move until SIGTERM."""
    memory.settle()
    client, servers, group, topic, out = arguments
    MOVERS[client](servers, group, topic, out, stop_on_signals())


if __name__ == "__main__":
    main(sys.argv[1:])

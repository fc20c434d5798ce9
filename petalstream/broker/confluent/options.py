"""Settings of confluent-kafka's clients."""

from typing import Any

from petalstream.broker import interfaces

ANSWER_SECONDS, ERROR_BACKOFF_MS = 5, 50
QUEUED_RECORDS, BATCH_RECORDS, QUEUED_KILOBYTES = 2_000, 10_000, 16 * 1024
Options = dict[str, Any]


def consumer_options(servers: str, group: str, instance_id: str) -> Options:
    """Return the settings of a consumer."""
    return {
        "bootstrap.servers": servers,
        "group.id": group,
        "group.instance.id": instance_id,
        "partition.assignment.strategy": "cooperative-sticky",
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "allow.auto.create.topics": False,
        "check.crcs": True,
        "fetch.max.bytes": interfaces.FETCH_BYTES,
        "max.partition.fetch.bytes": interfaces.PARTITION_FETCH_BYTES,
        "queued.max.messages.kbytes": interfaces.FETCH_BYTES // 1024,
        "queued.min.messages": QUEUED_RECORDS,
        # By default the library waits for a second after its queue was full, and for half a second after an error.
        "fetch.queue.backoff.ms": 2,
        "fetch.error.backoff.ms": ERROR_BACKOFF_MS,
        "fetch.wait.max.ms": interfaces.FETCH_WAIT_MS,
        "topic.metadata.refresh.interval.ms": interfaces.METADATA_MS,
        "session.timeout.ms": interfaces.SESSION_MS,
        "heartbeat.interval.ms": interfaces.HEARTBEAT_MS,
        "reconnect.backoff.max.ms": interfaces.MOST_RECONNECT_MS,
        "socket.timeout.ms": ANSWER_SECONDS * 1000,
    }


def producer_options(servers: str, delivery_seconds: int, transactional_id: str | None = None) -> Options:
    """Return the settings of a producer."""
    own: Options = {} if transactional_id is None else {"transactional.id": transactional_id}
    return {
        "bootstrap.servers": servers,
        "acks": "all",
        "enable.idempotence": True,
        "allow.auto.create.topics": False,
        # A key has the same partition as with kafka-python and Java's client.
        "partitioner": "murmur2_random",
        "message.max.bytes": interfaces.MAX_DEAD_LETTER_BYTES,
        "batch.size": interfaces.PRODUCE_BYTES,
        "batch.num.messages": BATCH_RECORDS,
        # The library's own threads send while a batch is still being handed over.
        "linger.ms": interfaces.LINGER_MS,
        "queue.buffering.max.kbytes": QUEUED_KILOBYTES,
        "delivery.timeout.ms": delivery_seconds * 1000,
        "request.timeout.ms": delivery_seconds * 500,
        "delivery.report.only.error": True,
        "reconnect.backoff.max.ms": interfaces.MOST_RECONNECT_MS,
        "topic.metadata.propagation.max.ms": interfaces.TOPIC_MS,
        "topic.metadata.refresh.interval.ms": interfaces.METADATA_MS,
        "transaction.timeout.ms": interfaces.TRANSACTION_SECONDS * 1000,
        **own,
    }

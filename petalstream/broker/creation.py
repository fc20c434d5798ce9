"""Creates the topics of a model where they are missing."""

import contextlib
from collections.abc import Mapping

from kafka import KafkaAdminClient
from kafka.errors import InvalidConfigurationError, KafkaTimeoutError, TopicAlreadyExistsError

from petalstream.broker.interfaces import BOOTSTRAP_SECONDS, MAX_DEAD_LETTER_BYTES
from petalstream.messages import dead_letters_topic, predictions_topic, requests_topic

MOST_BYTES, RETENTION = "max.message.bytes", "retention.ms"
OLDEST, NEWEST = "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"
# Kafka's own defaults: of `retention.ms`, and since 4.0 of how far ahead a timestamp may be.
RETENTION_MS, AHEAD_MS = 7 * 24 * 3600 * 1000, 3600 * 1000
# A request that is accepted is kept for at least half of the retention, in which the consumer may be down.
OLDEST_SHARE = 0.5
Configs = dict[str, str]


def create_topics(
    bootstrap_servers: str, model: str, partitions: int, bootstrap_seconds: float = BOOTSTRAP_SECONDS
) -> None:
    """Create those of a model's three topics that are missing; existing ones are not changed.

    The topics of the outcomes get as many partitions as the request topic has. Where all three exist, no permission to
    create topics is needed. Raises KafkaError.
    """
    requests, predictions, dead_letters = requests_topic(model), predictions_topic(model), dead_letters_topic(model)
    names = [requests, predictions, dead_letters]
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap_servers.split(","), bootstrap_timeout_ms=int(bootstrap_seconds * 1000)
    )
    try:
        found = _partition_counts(admin, names)
        if requests not in found:
            _create_requests(admin, requests, partitions)
            found = _partition_counts(admin, names)
        partitions = found.get(requests, partitions)
        if predictions not in found:
            _create(admin, predictions, partitions, {})
        if dead_letters not in found:
            # A dead letter has more headers than its record, and so may be larger.
            _create(admin, dead_letters, partitions, {MOST_BYTES: str(MAX_DEAD_LETTER_BYTES)})
    finally:
        admin.close()


def _partition_counts(admin: KafkaAdminClient, topics: list[str]) -> dict[str, int]:
    """Return the number of partitions of each of the topics that exists and may be described."""
    described = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(topics)}
    return {name: count for name, count in described.items() if count}


def _create_requests(admin: KafkaAdminClient, topic: str, partitions: int) -> None:
    """Create a request topic that refuses records which Kafka would delete at once for their age."""
    # A consumer then needs no codec, and `max.message.bytes` bounds what a batch takes in its memory.
    configs = {"compression.type": "uncompressed"}
    try:
        # The broker says what it would set, and creates nothing yet.
        planned = admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, validate_only=True)
        _create(admin, topic, partitions, configs | _timestamp_bounds(planned["topics"][0].get("configs", {})))
    except TopicAlreadyExistsError:
        _wait_for(admin, topic)
    except InvalidConfigurationError:  # Kafka before 3.6 has no bounds of timestamps
        _create(admin, topic, partitions, configs)


def _timestamp_bounds(planned: Mapping[str, Mapping[str, str]]) -> Configs:
    retention = int(planned.get(RETENTION, {}).get("value") or RETENTION_MS)
    # The retention is -1 where records are kept for ever.
    oldest = {OLDEST: str(int(retention * OLDEST_SHARE))} if retention > 0 else {}
    return {NEWEST: str(AHEAD_MS)} | oldest


def _create(admin: KafkaAdminClient, topic: str, partitions: int, configs: Configs) -> None:
    """Create a topic, unless another process does at the same moment, and wait until it has leaders."""
    try:
        admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        _wait_for(admin, topic)


def _wait_for(admin: KafkaAdminClient, topic: str) -> None:
    """Wait until the brokers describe a topic that another process has created; who may not see it waits in vain."""
    with contextlib.suppress(KafkaTimeoutError):
        admin.wait_for_topics([topic])

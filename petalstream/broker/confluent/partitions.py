"""Finds the partition of a message that names one, among those that its topic has."""

import time

import confluent_kafka

from petalstream.broker.confluent.errors import translating
from petalstream.broker.interfaces import METADATA_MS, TOPIC_MS, Left
from petalstream.messages import Message

# The library then decides by the key.
BY_KEY = -1


class Partitions:
    """The number of partitions of each topic, which the library does not tell without a request to the broker."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._asked: dict[str, float] = {}

    def find(self, client: confluent_kafka.Producer, message: Message, left: Left) -> int:
        """Return the message's partition, modulo the topic's number of partitions, or BY_KEY.

        Asks the broker if the topic may have grown, for up to TOPIC_MS. Raises KafkaError.
        """
        wanted, topic = message.partition, message.topic
        if wanted is None:
            return BY_KEY
        if wanted >= self._counts.get(topic, 0):
            self._refresh(client, topic, left)
        count = self._counts[topic]
        return wanted % count if count else BY_KEY

    def _refresh(self, client: confluent_kafka.Producer, topic: str, left: Left) -> None:
        now = time.monotonic()
        if topic in self._counts and now - self._asked[topic] < METADATA_MS / 1000:
            return
        with translating():
            found = client.list_topics(topic, timeout=min(left(), TOPIC_MS / 1000))
        self._counts[topic], self._asked[topic] = len(found.topics[topic].partitions), now

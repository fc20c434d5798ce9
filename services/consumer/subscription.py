"""Which topics the Kafka consumer is subscribed to."""

import logging
import time
from collections.abc import Callable, Collection

from petalstream.broker import Consumer, PartitionListener, UnreadableTopics
from petalstream.messages import requests_topic

FIRST_SECONDS, MOST_SECONDS = 30, 300
log = logging.getLogger(__name__)


class Subscription:
    """The request topics of the models that `names` returns, but for those that cannot be read.

    A topic that cannot be read is tried again after 30 s, then 60 s, up to 5 min.
    """

    def __init__(self, consumer: Consumer, names: Callable[[], Collection[str]]) -> None:
        self._consumer, self._names = consumer, names
        self._topics: set[str] = set()
        # Of each topic that could not be read: how often, and when it is tried again.
        self._refused: dict[str, tuple[int, float]] = {}

    def update(self, listener: PartitionListener) -> None:
        """Subscribe the consumer again if the topics have changed. Raises KafkaError."""
        now = time.monotonic()
        topics = {topic for topic in map(requests_topic, self._names()) if now >= self._refused.get(topic, (0, 0))[1]}
        if topics and topics != self._topics:
            self._topics = topics
            self._consumer.subscribe(topics, listener)
            log.info("reading %s", ", ".join(sorted(topics)))

    def leave_out(self, error: UnreadableTopics, listener: PartitionListener) -> None:
        """Read the other topics for a while. Raises the error if there are none."""
        if self._topics <= error.topics:
            raise error
        for topic in error.topics & self._topics:  # the client may report again one that was left out before
            times = self._refused.get(topic, (0, 0))[0]
            seconds = min(FIRST_SECONDS * 2**times, MOST_SECONDS)
            self._refused[topic] = times + 1, time.monotonic() + seconds
            log.error("%s; other topics are read on, and this one is tried again after %d s", error, seconds)
        self.update(listener)

"""Sends messages one by one at a pace, and knows what became of each."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from petalstream import broker
from petalstream.broker import KafkaError, KafkaProducer
from petalstream.lifecycle import Stop
from petalstream.messages import Message

# Long enough for a broker to be restarted; a record that was not taken by then is reported as failed.
DELIVERY_SECONDS = 60
# Below the 9 s after which a stopped process is ended.
DRAIN_SECONDS = 8
log = logging.getLogger(__name__)


@dataclass
class Report:
    """How many messages were handed to the client, and of these taken by the broker or not."""

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0

    def succeeded(self, _: object) -> None:
        """Count a message that the broker took."""
        self.acknowledged += 1

    def refused(self, message: Message, error: BaseException) -> None:
        """Count a message that did not arrive, and log which and why."""
        self.failed += 1
        log.error("record with key %r was not taken into %s: %s", message.key, message.topic, error)


def stream(producer: KafkaProducer, messages: Iterable[Message], interval: float, stop: Stop) -> Report:
    """Send each message, waiting `interval` seconds between two, until they or the stop end it; then flush."""
    report = Report()
    for message in messages:
        if report.sent and stop.wait(interval):
            break
        report.sent += 1
        try:
            future = broker.send(producer, message)
        except KafkaError as error:  # the client refuses some records itself, such as one that is too large
            report.refused(message, error)
            continue
        future.add_callback(report.succeeded)
        future.add_errback(lambda error, message=message: report.refused(message, error))
    try:
        producer.flush(timeout=DRAIN_SECONDS if stop.requested() else DELIVERY_SECONDS)
    except KafkaError as error:
        log.error("not every record was acknowledged: %s", error)
    return report

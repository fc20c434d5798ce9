"""Sends messages one by one at a pace, and knows what became of each."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    """How many messages were handed to the client, and of these taken by the broker or not.

    The client tells what became of a message from a thread of its own.
    """

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    _told: threading.Condition = field(default_factory=threading.Condition)

    def succeeded(self, _: object) -> None:
        """Count a message that the broker took."""
        with self._told:
            self.acknowledged += 1
            self._told.notify()

    def refused(self, message: Message, error: BaseException) -> None:
        """Count a message that did not arrive, and log which and why."""
        log.error("record with key %r was not taken into %s: %s", message.key, message.topic, error)
        with self._told:
            self.failed += 1
            self._told.notify()

    def settled(self, seconds: float) -> bool:
        """Wait until it is known what became of every message, at most `seconds`; whether it is."""
        with self._told:
            return self._told.wait_for(lambda: self.acknowledged + self.failed == self.sent, seconds)


def stream(producer: KafkaProducer, messages: Iterable[Message], interval: float, stop: Stop) -> Report:
    """Send each message, waiting `interval` seconds between two, until they or the stop end it; then await the rest."""
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
    # Not the client's flush(), which raises where the broker had it split a batch that was too large.
    seconds = DRAIN_SECONDS if stop.requested() else DELIVERY_SECONDS
    if not report.settled(seconds):
        log.error("not every record was acknowledged within %d s", seconds)
    return report

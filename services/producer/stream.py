"""Sends messages one by one at a pace, and counts what became of each."""

import functools
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from petalstream.broker import KafkaError, Sender
from petalstream.lifecycle import Stop
from petalstream.messages import Message
from services.producer.unacknowledged import Unacknowledged

# Long enough for a broker to be restarted; a record that was not taken by then is reported as failed.
DELIVERY_SECONDS = 60
# With the client's close below the 9 s after which a stopped process is ended.
DRAIN_SECONDS = 6
log = logging.getLogger(__name__)


@dataclass
class Report:
    """How many messages were handed to the client, and of these taken by the broker or not.

    The client tells of a failed message from a thread of its own.
    """

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    _is_final: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refused(self, message: Message, error: BaseException) -> None:
        """Count a message that did not arrive, and log which and why."""
        with self._lock:
            if self._is_final:
                return
            self.failed += 1
        log.error("record with key %r was not taken into %s: %s", message.key, message.topic, error)

    def finish(self, unknown: int) -> None:
        """Count the acknowledged messages. Of the `unknown` ones, which the client then drops, none is logged."""
        with self._lock:
            self.acknowledged, self._is_final = self.sent - self.failed - unknown, True


def stream(producer: Sender, messages: Iterable[Message], interval: float, stop: Stop) -> Report:
    """Send each message, waiting `interval` seconds between two, until they or the stop end it; then await the rest.

    It waits, too, while too much is unacknowledged.
    """
    report, unacknowledged = Report(), Unacknowledged(producer, stop)
    for message in messages:
        if (report.sent and stop.wait(interval)) or not unacknowledged.has_room(message.size):
            break
        report.sent += 1
        refused = functools.partial(report.refused, message)
        try:
            producer.send(message, refused)
        except KafkaError as error:  # the client refuses some records itself, such as one that is too large
            refused(error)
    seconds = DRAIN_SECONDS if stop.requested() else DELIVERY_SECONDS
    if unknown := producer.flush(seconds):
        log.error("%d records were not acknowledged within %d s", unknown, seconds)
    report.finish(unknown)
    return report

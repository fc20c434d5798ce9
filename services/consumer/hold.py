"""Keeps this consumer's place in its group while it has a batch in hand."""

import time

from petalstream.broker import Consumer, Membership
from petalstream.lifecycle import Stop

BEAT_SECONDS, POLL_SECONDS = 1.0, 0.2


class Interrupted(Exception):
    """The batch in hand is not to be finished; nothing of it was written or committed."""


class Hold:
    """Keeps the consumer a member of its group, and knows whether the batch in hand is still its own."""

    def __init__(self, consumer: Consumer, stop: Stop) -> None:
        self._consumer, self._stop = consumer, stop
        self.begin(consumer.membership())

    def begin(self, membership: Membership) -> None:
        """From now on a batch is in hand that was polled as the member that `membership` is."""
        self.membership = membership
        self._polled = time.monotonic()

    def check(self) -> None:
        """Raise Interrupted on a stop, and where the batch may be another consumer's, or a rebalance is on its way."""
        if self._stop.requested():
            raise Interrupted("asked to stop")
        if self._consumer.membership() != self.membership:
            raise Interrupted("the group was rebalanced with a batch in hand")

    def beat(self) -> None:
        """Poll once, where the last time was more than a second ago. Raises Interrupted on a stop or a rebalance."""
        self.check()
        if time.monotonic() - self._polled > BEAT_SECONDS:
            self.wait(0)

    def wait(self, seconds: float) -> None:
        """Poll, with every partition paused, for `seconds`. Raises Interrupted on a stop or a rebalance."""
        self.check()
        self._consumer.pause()
        deadline = time.monotonic() + seconds
        while True:
            left = max(0.0, min(deadline - time.monotonic(), POLL_SECONDS))
            if self._consumer.poll(left, 1):
                raise Interrupted("the group was rebalanced with a batch in hand")
            # A poll that is this short may leave a join under way, whose end the next poll would not tell of.
            self.check()
            self._polled = time.monotonic()
            if self._polled >= deadline:
                break
        self._consumer.resume()

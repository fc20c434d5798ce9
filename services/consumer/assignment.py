"""The time in which a lane's partitions stay with this consumer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from petalstream.broker import Membership


class AssignmentOver(Exception):
    """A partition may be another consumer's by now, or this one stops: what is not written yet is left."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """The partitions of one topic that this consumer reads; `over` is set once one of them is revoked, and by a stop.

    New partitions do not end it. `topic_id` tells the topic from one that is created again; empty where unknown.
    `latest_membership` returns the consumer's membership after its last poll.
    """

    latest_membership: Callable[[], Membership]
    topic_id: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def membership(self) -> Membership:
        """Return a membership under which the partitions are this consumer's. Raises AssignmentOver."""
        membership = self.latest_membership()
        self.check()
        return membership

    def check(self) -> None:
        """Raise AssignmentOver if it is over."""
        if self.over.is_set():
            raise AssignmentOver

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`. Raises AssignmentOver as soon as it is over."""
        if self.over.wait(seconds):
            raise AssignmentOver

"""The time between two rebalances, in which the consumer owns the same partitions."""

import threading
from dataclasses import dataclass, field

from petalstream.broker import Membership


class AssignmentOver(Exception):
    """The partitions may be another consumer's by now, or this one stops: what is not written yet is left."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """The partitions of this consumer between two rebalances; `over` is set at the second one, and by a stop."""

    membership: Membership
    over: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise AssignmentOver if it is over."""
        if self.over.is_set():
            raise AssignmentOver

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`. Raises AssignmentOver as soon as it is over."""
        if self.over.wait(seconds):
            raise AssignmentOver

"""What a lane asks of its writer, and what both writers share."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from petalstream.broker import Producer
from services.consumer.assignment import Assignment
from services.consumer.scoring.outcomes import Outcome

# From a batch's first message to its last acknowledgement: less than a stop allows, and than the time after which the
# broker ends a transaction as that of a dead consumer.
DELIVERY_SECONDS = 8
BOOTSTRAP_SECONDS = 5


class Writer(Protocol):
    """Writes the outcomes of one model, from one thread."""

    @property
    def is_waiting(self) -> bool:
        """Whether it waits until the broker takes outcomes again."""
        ...

    def open(self) -> None:
        """End what an earlier writer of this consumer and model has left open."""

    def write(self, outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        """Write outcomes until the broker has acknowledged each; return them, with dead letters for refused ones.

        Raises AssignmentOver, after which some may have been written.
        """
        ...

    def close(self, seconds: float) -> None:
        """Close the producer within about `seconds`."""


class LazyProducer:
    """A producer that is created when it is needed, and again after discard()."""

    def __init__(self, create: Callable[[], Producer]) -> None:
        self._create = create
        self._producer: Producer | None = None

    def get(self) -> Producer:
        """Return the producer. Raises KafkaError if a new one cannot be created."""
        if self._producer is None:
            self._producer = self._create()
        return self._producer

    def discard(self, seconds: float = 0) -> None:
        """Close the producer, if there is one."""
        producer, self._producer = self._producer, None
        if producer:
            producer.close(seconds)


def timer(seconds: float) -> Callable[[], float]:
    """Return a function that says how many of `seconds` are left from now on."""
    end = time.monotonic() + seconds
    return lambda: max(0.0, end - time.monotonic())

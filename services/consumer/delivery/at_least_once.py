"""At least once: outcomes first, then their offsets; killed in between, the consumer writes them again."""

from collections import deque
from collections.abc import Sequence

from petalstream.problems import Problem
from services.consumer import error_policy
from services.consumer.assignment import Assignment
from services.consumer.delivery import refused
from services.consumer.delivery.uncommitted import Uncommitted, WrittenBatch
from services.consumer.delivery.writer import DELIVERY_SECONDS, LazyProducer, timer
from services.consumer.scoring.outcomes import Outcome

Groups = deque[Sequence[int]]


class AtLeastOnceWriter:
    """Writes outcomes and adds their records to `uncommitted`."""

    def __init__(self, model: str, producer: LazyProducer, uncommitted: Uncommitted) -> None:
        self._producer, self._uncommitted = producer, uncommitted
        self._problem = Problem(model)

    @property
    def is_waiting(self) -> bool:
        """See Writer.is_waiting."""
        return self._problem.is_on

    def open(self) -> None:
        """Do nothing: an earlier writer has left nothing open."""

    def write(self, outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        """See Writer.write()."""
        self._uncommitted.wait_for_room(len(outcomes), assignment)
        written, unwritten = list(outcomes), deque([range(len(outcomes))])
        writing = error_policy.writing(assignment.wait, self._problem.report)
        writing(self._write_groups, written, unwritten)
        self._problem.end()
        self._uncommitted.add(WrittenBatch([each.record for each in outcomes], assignment))
        return written

    def close(self, seconds: float) -> None:
        """Close the producer."""
        self._producer.discard(seconds)

    def _write_groups(self, outcomes: list[Outcome], unwritten: Groups) -> None:
        """Write groups of outcomes, given by their indices, until none is left. Raises KafkaError."""
        try:
            while unwritten:
                self._write_first(outcomes, unwritten)
        except Exception:
            self._producer.discard()
            raise

    def _write_first(self, outcomes: list[Outcome], unwritten: Groups) -> None:
        """Write the first group; what the broker refuses of it is written again in halves, or replaced."""
        group = unwritten[0]
        errors = self._producer.get().write([outcomes[index].message for index in group], timer(DELIVERY_SECONDS))
        failed = [group[number] for number in sorted(errors)]
        if not failed:
            unwritten.popleft()
            return
        # Only these are written again.
        unwritten[0] = failed
        refused.raise_unless_refused(errors)
        if len(group) == 1:
            outcomes[failed[0]] = refused.substitute(outcomes[failed[0]], errors[0])
        else:
            unwritten.popleft()
            unwritten.extendleft(half for half in reversed(refused.halves(failed)) if half)

"""Exactly once: outcomes and offsets are one transaction, so that a reader of committed records sees each once."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from petalstream.broker import REBALANCING, KafkaError, positions_after
from petalstream.messages import ReceivedRecord
from petalstream.problems import Problem
from services.consumer import error_policy
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.delivery import refused
from services.consumer.delivery.writer import DELIVERY_SECONDS, LazyProducer, timer
from services.consumer.scoring.outcomes import Outcome

Refused = dict[int, KafkaError]
# A client that does not split a batch has all of it refused where its topic takes less than a batch.
MAX_BATCH = 1_000_000
ABORT_SECONDS = 1
# A consumer learns of a rebalance by its next poll, and a rebalance takes a few heartbeats.
NEXT_MEMBERSHIP_SECONDS, REBALANCE_SECONDS = 0.1, 30


class ExactlyOnceWriter:
    """Writes each batch in a transaction; `is_committed` asks the broker whether it has the offsets after records."""

    def __init__(
        self,
        model: str,
        producer: LazyProducer,
        is_committed: Callable[[Sequence[ReceivedRecord]], bool],
    ) -> None:
        self._producer, self._is_committed = producer, is_committed
        self._problem = Problem(model)
        self._is_in_doubt = self._is_open = False
        self._batch_limit = MAX_BATCH

    @property
    def is_waiting(self) -> bool:
        """See Writer.is_waiting."""
        return self._problem.is_on

    def open(self) -> None:
        """End the transaction that an earlier producer of this consumer and model has left open, if the broker can."""
        try:
            self._producer.get()
        except KafkaError as error:
            self._problem.report(f"{error}; it will be tried again with the first batch")

    def write(self, outcomes: Sequence[Outcome], assignment: Assignment) -> Sequence[Outcome]:
        """See Writer.write()."""
        written = list(outcomes)
        self._is_in_doubt = False
        writing = error_policy.writing(assignment.wait, self._problem.report)
        writing(self._write_once, written, assignment)
        self._problem.end()
        return written

    def close(self, seconds: float) -> None:
        """Close the producer; an open transaction is ended by the next one of its id."""
        self._producer.discard(seconds)

    def _write_once(self, outcomes: list[Outcome], assignment: Assignment) -> None:
        """Write the batch, with dead letters for what the broker refuses. Raises KafkaError, AssignmentOver."""
        try:
            self._producer.get()  # a new one ends the transaction that an error has left open
            if self._is_in_doubt and self._is_committed([each.record for each in outcomes]):
                return
            self._is_in_doubt = False
            while errors := self._write_in_any_generation(outcomes, assignment):
                self._replace_culprits(outcomes, assignment, sorted(errors))
        except AssignmentOver:
            raise
        except Exception:
            self._abandon_transaction()
            raise

    def _write_in_any_generation(self, outcomes: Sequence[Outcome], assignment: Assignment) -> Refused:
        """Write the whole batch; if the group is rebalanced meanwhile, again with the next membership."""
        until = timer(REBALANCE_SECONDS)
        while True:
            try:
                return self._attempt(outcomes, assignment, range(len(outcomes)), commit=True)
            except REBALANCING:
                if not until():
                    raise
                self._is_in_doubt = False  # the broker refused the offsets, and so the transaction was not committed
                self._producer.get().abort_transaction(timer(ABORT_SECONDS))
                self._is_open = False
                assignment.wait(NEXT_MEMBERSHIP_SECONDS)

    def _abandon_transaction(self) -> None:
        """Abort what is open, which would keep other consumers from its partitions, and discard the producer."""
        if self._is_open and not self._is_in_doubt:
            with suppress(KafkaError):
                self._producer.get().abort_transaction(timer(ABORT_SECONDS))
        self._is_open, self._batch_limit = False, MAX_BATCH
        self._producer.discard()

    def _replace_culprits(self, outcomes: list[Outcome], assignment: Assignment, suspects: Sequence[int]) -> None:
        """Put dead letters in place of what the broker refuses alone; if that is nothing, write less at once."""
        culprits = self._culprits(outcomes, assignment, suspects)
        for index, error in culprits.items():
            outcomes[index] = refused.substitute(outcomes[index], error)
        if not culprits:
            self._batch_limit = max(1, min(self._batch_limit, len(suspects)) // 2)

    def _culprits(self, outcomes: Sequence[Outcome], assignment: Assignment, suspects: Sequence[int]) -> Refused:
        """Return the outcomes that the broker refuses alone, by halving those that it refused together."""
        errors = self._attempt(outcomes, assignment, suspects, commit=False)
        failed = sorted(errors)
        if len(failed) <= 1:
            return errors if len(suspects) == 1 else self._culprits(outcomes, assignment, failed) if failed else {}
        culprits: Refused = {}
        for half in refused.halves(failed):
            culprits |= self._culprits(outcomes, assignment, half)
        return culprits

    def _attempt(
        self, outcomes: Sequence[Outcome], assignment: Assignment, indices: Sequence[int], commit: bool
    ) -> Refused:
        """Write some outcomes in a transaction, and commit it if all were taken and `commit` is true, else abort it.

        Returns the errors of refused outcomes, by index. Raises KafkaError, AssignmentOver.
        """
        assignment.check()
        producer, left = self._producer.get(), timer(DELIVERY_SECONDS)
        self._is_open = True
        positions = positions_after([outcomes[index].record for index in indices], assignment.topic_id)
        producer.begin_transaction(assignment.membership(), positions)
        errors: Refused = {}
        for first in range(0, len(indices), self._batch_limit):
            part = indices[first : first + self._batch_limit]
            failed = producer.write([outcomes[index].message for index in part], left)
            refused.raise_unless_refused(failed)
            errors = {part[number]: error for number, error in failed.items()}
            if errors:
                break
        if errors or not commit:
            producer.abort_transaction(left)
        else:
            self._is_in_doubt = True
            producer.commit_transaction(left)
            self._is_in_doubt = False
        self._is_open = False
        return errors

"""The first of a lane's two threads: asks the api for predictions; waits, retries and pauses as the policy says."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from petalstream.problems import Problem
from services.consumer import error_policy, metrics
from services.consumer.api_client.client import ApiClient
from services.consumer.api_client.errors import ApiError, TimedOut
from services.consumer.api_client.responses import RowResult
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.lanes.batch_size import BatchSize
from services.consumer.lanes.brake import Brake
from services.consumer.lanes.inbox import Batch, Inbox
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.outcomes import Outcome

PassOn = Callable[[Sequence[Outcome], Assignment, float], None]
LOOK_SECONDS, ERROR_SECONDS = 0.5, 10
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoringLimits:
    """The most bytes of a record and of a request's rows, and for how long a record waits for the api."""

    record_bytes: int
    batch_bytes: int
    give_up_seconds: float


class ScorerThread:
    """Scores the records at the front of `inbox` and passes their outcomes to `pass_on`, in order.

    `pass_on` also gets the assignment, and the time.monotonic() at which the scoring began.
    """

    def __init__(
        self,
        model: str,
        inbox: Inbox,
        api: ApiClient,
        limits: ScoringLimits,
        size: BatchSize,
        brake: Brake,
        pass_on: PassOn,
    ) -> None:
        self._model, self._inbox, self._api, self._limits = model, inbox, api, limits
        self._size, self._brake, self._pass_on = size, brake, pass_on
        self._scorer = BatchScorer(self._ask, limits.record_bytes)
        self._outage = Problem(model)
        self.is_waiting = False

    @property
    def is_paused(self) -> bool:
        """Whether the lane is over its limit of dead letters."""
        return self._brake.is_paused

    @property
    def waits_for_api(self) -> bool:
        """Whether the api could not score the records at the front when it was last asked."""
        return self._outage.is_on

    @property
    def batch_limit(self) -> int:
        """Return the most records that it asks the api about at once."""
        return self._size.limit

    def run(self) -> None:
        """Work until the inbox is closed."""
        while (batch := self._inbox.first(1, 0)) is not None:
            self._assignment = batch.assignment
            with suppress(AssignmentOver):
                self._work()

    def note_refused(self, count: int) -> None:
        """Note that the broker refused so many outcomes, which are dead letters now."""
        self._brake.note_refused(count)

    def _work(self) -> None:
        """Score the front of the inbox, or wait while the lane is paused."""
        try:
            if not self._brake.is_on():
                self._score(self._size.limit)
            elif self._brake.is_probe_due():
                self._score(1)
            else:
                self._wait(LOOK_SECONDS)
        except AssignmentOver:
            raise
        except Exception:  # a mistake of ours that the records of one model bring out must not stop the others
            log.exception("%s: an unexpected error; the lane tries again in %d s", self._model, ERROR_SECONDS)
            self._wait(ERROR_SECONDS)

    def _score(self, most: int) -> None:
        """Score up to `most` records at the front; wait while the api cannot, or give them up after a time."""
        waiting = len(self._front(most).records)
        asking = error_policy.asking(self._limits.give_up_seconds, self._wait, self._report)
        try:
            asking(lambda: self._score_front(min(most, self._size.limit), asking.statistics["attempt_number"] - 1))
        except ApiError as error:
            # Records that came meanwhile have not waited for so long.
            batch, attempts = self._front(waiting), asking.statistics["attempt_number"]
            self._settle(batch, self._scorer.give_up(batch.records, error, attempts), time.monotonic())

    def _score_front(self, most: int, attempts: int) -> None:
        """Score the front once. Raises ApiError if there is no outcome."""
        batch, began = self._front(most), time.monotonic()
        scored = self._scorer.score_front(batch.records, self._wait, attempts, batch.assignment.topic_id)
        if scored.error is None:
            self._size.note(len(batch.records), time.monotonic() - began)
        if isinstance(scored.error, TimedOut) and len(batch.records) > 1:
            self._shrink(len(batch.records))
        elif scored.error and not scored.outcomes:
            raise scored.error
        else:
            self._outage.end()
        admitted = self._brake.admit(scored.outcomes)
        self._settle(batch, scored.outcomes[:admitted], began)
        if admitted < len(scored.outcomes):
            self._wait(LOOK_SECONDS)

    def _shrink(self, records: int) -> None:
        self._size.shrink(records)
        log.warning(
            "%s: the api did not respond to %d records in time; %d at once from now on",
            self._model,
            records,
            self._size.limit,
        )

    def _settle(self, batch: Batch, outcomes: Sequence[Outcome], began: float) -> None:
        if outcomes:
            self._pass_on(outcomes, batch.assignment, began)
            self._inbox.remove(batch, len(outcomes))

    def _front(self, most: int) -> Batch:
        batch = self._inbox.first(most, self._limits.batch_bytes)
        if batch is None or batch.assignment is not self._assignment:
            raise AssignmentOver
        return batch

    def _ask(self, rows: Sequence[bytes]) -> Sequence[RowResult]:
        self._assignment.check()
        return self._api.score(self._model, rows, self._wait_for_restart)

    def _wait_for_restart(self, seconds: float) -> None:
        """Wait for an api that closed the connection: once it is ready again, a row may be the cause."""
        self._report("the api closed the connection and is not ready; the lane waits for the api")
        self._wait(seconds)

    def _report(self, message: str) -> None:
        if not self._outage.is_on:
            metrics.OUTAGES.labels(self._model).inc()
        self._outage.report(message)

    def _wait(self, seconds: float) -> None:
        self.is_waiting = True
        try:
            self._assignment.wait(seconds)
        finally:
            self.is_waiting = False

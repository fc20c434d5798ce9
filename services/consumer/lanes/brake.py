"""Pauses a lane whose records are mostly bad, and lets it go on when they are good again."""

import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from petalstream.broker import KafkaError
from petalstream.problems import Problem
from petalstream.reasons import Fault, Reason
from services.consumer import metrics
from services.consumer.lanes.dead_letter_limit import DeadLetterLimit
from services.consumer.pauses import LanePauses
from services.consumer.scoring.outcomes import Outcome

GOOD_PROBES = 10
# The reasons that are not the record's own fault.
OUTAGE = (Reason.UNAVAILABLE, Reason.UNKNOWN_MODEL)


class Brake:
    """Says how many outcomes a lane may write. Once it is on, single records are tried every `probe_seconds`.

    A probe that gives a prediction is followed by the next one at once; ten in a row let the lane go on.
    """

    def __init__(self, model: str, limit: DeadLetterLimit, pauses: LanePauses, probe_seconds: float) -> None:
        self._model, self._limit, self._pauses, self._probe_seconds = model, limit, pauses, probe_seconds
        self._resumes = pauses.resumes(model)
        self._good_probes, self._next_probe = 0, float("-inf")
        # The thread that writes adds to it.
        self._refused: SimpleQueue[int] = SimpleQueue()
        self._problem, self._unsaved = Problem(model), Problem(f"{model}: its pause")

    def is_on(self) -> bool:
        """Whether the lane is paused, by this consumer or another one of the group."""
        if self._resumes != self._pauses.resumes(self._model):
            self._resumes = self._pauses.resumes(self._model)
            self._limit.clear()
            self._good_probes, self._next_probe = 0, float("-inf")
        reason = self._pauses.reason(self._model)
        if reason is None:
            self._problem.end()
            return False
        self._problem.report(
            f"paused, since {reason}. It tries a record every {self._probe_seconds:g} s and goes on when"
            f" {GOOD_PROBES} in a row are scored, or at once by: make resume MODEL={self._model}"
        )
        return True

    @property
    def is_paused(self) -> bool:
        """Whether the lane is paused; unlike is_on(), asking changes nothing and any thread may."""
        return self._pauses.reason(self._model) is not None

    def is_probe_due(self) -> bool:
        """Whether to try a record while the lane is paused."""
        return time.monotonic() >= self._next_probe

    def admit(self, outcomes: Sequence[Outcome]) -> int:
        """Return how many of these outcomes may be written, from the first on; fewer than all pauses the lane."""
        dead = [isinstance(each.verdict, Fault) and each.verdict.reason not in OUTAGE for each in outcomes]
        if self._pauses.reason(self._model) is not None:
            return self._probe(dead)
        while not self._refused.empty():
            self._limit.add_dead(self._refused.get())
        admitted = self._limit.admit(dead)
        if admitted < len(dead):
            self._pause()
        return admitted

    def note_refused(self, count: int) -> None:
        """Count outcomes that were admitted and became dead letters, since the broker refused them."""
        self._refused.put(count)

    def _pause(self) -> None:
        self._good_probes, self._next_probe = 0, time.monotonic() + self._probe_seconds
        metrics.PAUSES.labels(self._model).inc()
        self._save(lambda: self._pauses.pause(self._model, str(self._limit)))

    def _probe(self, dead: Sequence[bool]) -> int:
        if not dead:
            return 0
        self._good_probes = 0 if dead[0] else self._good_probes + 1
        if dead[0]:
            self._next_probe = time.monotonic() + self._probe_seconds
        elif self._good_probes >= GOOD_PROBES:
            self._save(lambda: self._pauses.resume(self._model))
        return 1

    def _save(self, change: Callable[[], None]) -> None:
        try:
            change()
        except KafkaError as error:
            self._unsaved.report(f"not saved, which is tried again: {error}")
        else:
            self._unsaved.end()

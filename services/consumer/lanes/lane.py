"""One model's lane: its inbox, its two threads, and what they tell the thread that polls Kafka."""

import functools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from petalstream.messages import ReceivedRecord
from services.consumer import metrics
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.condition import Condition
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.delivery.writer import Writer
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.scorer_thread import PassOn, ScorerThread
from services.consumer.scoring.outcomes import Outcome

LOOK_SECONDS = 0.2
# Where so few more are waiting, to write in another thread takes longer than it saves.
FEW_RECORDS = 100


class Lane:
    """Scores and writes the records of one model; where more are waiting, scores the next batch while one is written.

    `new_scorer` makes the thread that scores, from the function to which it passes outcomes. `uncommitted` has what
    the writer leaves to be committed. `show` gets all outcomes that are written.
    """

    def __init__(
        self,
        model: str,
        inbox: Inbox,
        new_scorer: Callable[[PassOn], ScorerThread],
        writer: Writer,
        uncommitted: Uncommitted,
        show: Callable[[Sequence[Outcome]], None],
    ) -> None:
        self.model, self.inbox, self.uncommitted = model, inbox, uncommitted
        self._writer, self._show = writer, show
        self.failure: BaseException | None = None
        self._scorer = new_scorer(self._pass_on)
        # Once an assignment is over, nothing may be passed on after await_writer() has looked.
        self._passing_on = threading.Lock()
        # What the second thread writes, which is no longer in the inbox.
        self._written_aside: Sequence[Outcome] = ()
        self._pool = ThreadPoolExecutor(1, f"write-{model}")
        self._writing = self._pool.submit(self._guarded, writer.open)
        self._thread = threading.Thread(
            target=self._guarded, args=(self._scorer.run,), name=f"score-{model}", daemon=True
        )
        metrics.add_lane(model, lambda: self.condition, lambda: self._scorer.batch_limit)
        self._thread.start()

    @property
    def condition(self) -> Condition:
        """Return what it does now; any thread may ask."""
        if self._scorer.is_paused:
            return Condition.OVER_DEAD_LETTER_LIMIT
        if self.is_writing and self._writer.is_waiting:
            return Condition.WAITING_FOR_TOPIC
        if self._scorer.waits_for_api and not self.inbox.is_empty:
            return Condition.WAITING_FOR_API
        return Condition.RUNNING

    def unsettled(self) -> list[ReceivedRecord]:
        """Return the polled records that have no outcome on the broker yet."""
        return [*self.inbox.records(), *(outcome.record for outcome in self._written_aside)]

    @property
    def is_busy(self) -> bool:
        """Whether it works on records, or has offsets to commit."""
        if self.is_writing:
            return not self._writer.is_waiting
        if self.uncommitted.batches():
            return True
        return not (self.inbox.is_empty or self._scorer.is_waiting)

    @property
    def is_writing(self) -> bool:
        """Whether outcomes are on their way to the broker, or the writer is not open yet."""
        return not self._writing.done()

    def await_writer(self, seconds: float) -> None:
        """Wait until nothing is being written, at most `seconds`."""
        with self._passing_on:
            writing = self._writing
        wait([writing], seconds)

    def close(self, seconds: float) -> None:
        """End both threads in about `seconds`; a request that is under way is left to itself."""
        self.inbox.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._writer.close(seconds)
        self._thread.join(0.1)
        metrics.remove_lane(self.model)

    def _pass_on(self, outcomes: Sequence[Outcome], assignment: Assignment, began: float) -> None:
        """Have outcomes written, once those before are. Raises AssignmentOver."""
        while self.is_writing:
            assignment.check()
            self.await_writer(LOOK_SECONDS)
        write = functools.partial(self._guarded, self._write, outcomes, assignment, began)
        with self._passing_on:
            assignment.check()
            if self.inbox.has_more_than(len(outcomes) + FEW_RECORDS):
                self._written_aside = outcomes
                self._writing = self._pool.submit(write)
                return
            self._writing = writing = Future[None]()
        try:
            write()
        finally:
            writing.set_result(None)

    def _write(self, outcomes: Sequence[Outcome], assignment: Assignment, began: float) -> None:
        try:
            written = self._writer.write(outcomes, assignment)
        except AssignmentOver:
            return
        finally:
            self._written_aside = ()
        if refused := sum(after is not before for before, after in zip(outcomes, written, strict=True)):
            self._scorer.note_refused(refused)
        metrics.count(written, time.monotonic() - began)
        self._show(written)

    def _guarded(self, work: Callable[..., None], *args: object) -> None:
        """Note an error that nothing handles, for the thread that polls to raise; after one, do nothing any more."""
        if self.failure:
            return
        try:
            work(*args)
        except BaseException as error:
            self.failure = error

"""Sends dead letters back to their request topic: a batch, the broker's word for each of it, then the progress."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from petalstream.broker import KafkaError, MessageSizeTooLargeError
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message, coordinates
from petalstream.reasons import Reason
from services.consumer.tools.progress import Places, Progress
from services.consumer.tools.reading import Found, model_of_dead_letters
from services.consumer.tools.selection import CannotReplay, Choice, Selection, request

BATCH_RECORDS, BATCH_BYTES = 500, 4 * 1024 * 1024


@dataclass
class Tally:
    """What became of the dead letters of a run; `again` of those that were sent come again in a later run."""

    replayed: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    impossible: Counter[str] = field(default_factory=Counter)
    passed_over: int = 0
    left: int = 0
    again: int = 0
    not_ours: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass
class Replay:
    """One run over one model's dead letters.

    `deliver` sends messages and gives for each what kept the broker from taking it, None where it has it; `commit`
    keeps the progress of a reason.
    """

    selection: Selection
    progress: Progress
    tally: Tally
    deliver: Callable[[Sequence[Message]], Sequence[KafkaError | None]]
    commit: Callable[[Reason, Places], None]
    batch_records: int = BATCH_RECORDS
    _batch: list[tuple[DeadLetter, Message]] = field(default_factory=list)
    _batch_bytes: int = 0
    _blocked: set[tuple[str, int]] = field(default_factory=set)

    def run(self, found: Iterable[Found], ends: Places) -> None:
        """Replay what the selection means of `found`, which reaches to `ends`. Raises KafkaError, TimeoutError.

        A record that the broker refuses for its size is in the tally, and progress stays before it.
        """
        reached: dict[int, int] = {}
        for one in found:
            if one.letter:
                self._take(one.letter, Reason(one.letter.reason))
            else:
                self.tally.not_ours += 1
            reached[one.partition] = one.offset + 1
            if len(self._batch) >= self.batch_records or self._batch_bytes >= BATCH_BYTES:
                self._finish(reached)
        self._finish(reached)
        for reason in self.selection.reasons:
            self._move(reason, ends)

    def _take(self, letter: DeadLetter, reason: Reason) -> None:
        """Put a dead letter into the batch, or count why not."""
        partition, offset = letter.record.partition, letter.record.offset
        choice = self.selection.choose(letter, self.progress.of(reason, partition))
        if choice is Choice.LEFT or (choice is Choice.MEANT and (reason, partition) in self._blocked):
            self.progress.hold(reason, partition, offset)
            self.tally.left += 1
        elif choice is Choice.PASSED_OVER:
            self.tally.passed_over += 1
        elif choice is Choice.MEANT:
            try:
                self._batch.append((letter, request(letter)))
            except CannotReplay as error:
                self.tally.impossible[str(error)] += 1
            else:
                self._batch_bytes += self._batch[-1][1].size

    def _finish(self, reached: Places) -> None:
        """Send the batch, await the broker's word for each of it, and only then commit."""
        fatal: KafkaError | None = None
        refusals = self.deliver([message for _, message in self._batch])
        for (letter, message), error in zip(self._batch, refusals, strict=True):
            if error is None:
                self._count(letter)
                continue
            self._hold(letter)
            if isinstance(error, MessageSizeTooLargeError):
                why = f"its {message.size} bytes are more than the topic takes; --since a later time passes over it"
                self.tally.refused.append(f"{coordinates(letter.record)} was refused: {why}")
            elif fatal:
                self.tally.left += 1
            else:
                self.tally.refused.append(f"{coordinates(letter.record)} was refused: {error}")
                fatal = error
        reasons = {Reason(letter.reason) for letter, _ in self._batch}
        self._batch, self._batch_bytes = [], 0
        for reason in reasons:
            self._move(reason, reached)
        if fatal:
            raise fatal

    def _count(self, letter: DeadLetter) -> None:
        record, reason = letter.record, Reason(letter.reason)
        self.tally.replayed[model_of_dead_letters(record.topic), reason] += 1
        self.tally.again += self.progress.comes_again(reason, record.partition, record.offset)

    def _hold(self, letter: DeadLetter) -> None:
        """Begin a later run here, and send nothing more of this reason from behind it."""
        record, reason = letter.record, Reason(letter.reason)
        self.progress.hold(reason, record.partition, record.offset)
        self._blocked.add((reason, record.partition))

    def _move(self, reason: Reason, reached: Places) -> None:
        if changed := self.progress.move(reason, reached):
            self.commit(reason, changed)

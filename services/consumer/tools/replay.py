"""Sends dead letters back to their request topic, batch by batch: the requests and the progress in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from petalstream.broker import KafkaError, MessageSizeTooLargeError
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message, coordinates
from petalstream.reasons import Reason
from services.consumer.tools.progress import Moves, Offsets, Progress
from services.consumer.tools.reading import Found, model_of_dead_letters
from services.consumer.tools.selection import CannotReplay, Choice, Selection, request

BATCH_RECORDS, BATCH_BYTES = 500, 4 * 1024 * 1024
Refusals = Mapping[int, KafkaError]


@dataclass
class Tally:
    """Counts what became of the dead letters of a run; `again` of those that were sent come again in a later run."""

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

    `write` writes messages and moves of the progress in one transaction. If the broker refuses messages, it writes
    nothing and returns the error of at least one of them by index. It raises KafkaError.
    """

    selection: Selection
    progress: Progress
    tally: Tally
    write: Callable[[Sequence[Message], Moves], Refusals]
    batch_records: int = BATCH_RECORDS
    _batch: list[tuple[DeadLetter, Message]] = field(default_factory=list)
    _batch_bytes: int = 0
    _blocked: set[tuple[str, int]] = field(default_factory=set)

    def run(self, found: Iterable[Found], ends: Offsets) -> None:
        """Replay what the selection means of `found`, which reaches to `ends`. Raises KafkaError, TimeoutError.

        A record that the broker refuses is in the tally, and progress stays before it.
        """
        reached: dict[int, int] = {}
        for one in found:
            if one.letter:
                self._take(one.letter, Reason(one.letter.reason))
            else:
                self.tally.not_ours += 1
            reached[one.partition] = one.offset + 1
            if len(self._batch) >= self.batch_records or self._batch_bytes >= BATCH_BYTES:
                self._write({Reason(letter.reason) for letter, _ in self._batch}, reached)
        self._write(self.selection.reasons, ends)

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
                self._batch.append((letter, request(letter, self.selection.most_replays)))
            except CannotReplay as error:
                self.tally.impossible[str(error)] += 1
            else:
                self._batch_bytes += self._batch[-1][1].size

    def _write(self, reasons: Iterable[Reason], reached: Offsets) -> None:
        """Write the batch, without what the broker refuses, and move `reasons` to `reached`."""
        moves = self.progress.moves(reasons, reached)
        while (self._batch or moves) and (refusals := self.write([message for _, message in self._batch], moves)):
            self._leave(refusals)
            moves = self.progress.moves(reasons, reached)
        self.progress.keep(moves)
        for letter, _ in self._batch:
            record, reason = letter.record, Reason(letter.reason)
            self.tally.replayed[model_of_dead_letters(record.topic), reason] += 1
            self.tally.again += self.progress.comes_again(reason, record.partition, record.offset)
        self._batch, self._batch_bytes = [], 0

    def _leave(self, refusals: Refusals) -> None:
        """Take what was refused out of the batch, and what is of the same reason and partition behind it.

        A later run begins there, and would send again what this one sends from behind it.
        """
        batch, self._batch = self._batch, []
        for index, (letter, message) in enumerate(batch):
            record, reason = letter.record, Reason(letter.reason)
            if index in refusals:
                self.progress.hold(reason, record.partition, record.offset)
                self._blocked.add((reason, record.partition))
                self.tally.refused.append(f"{coordinates(record)} was refused: {_why(message, refusals[index])}")
            elif (reason, record.partition) in self._blocked:
                self.tally.left += 1
            else:
                self._batch.append((letter, message))


def _why(message: Message, error: KafkaError) -> str:
    if isinstance(error, MessageSizeTooLargeError):
        return f"its {message.size} bytes are more than the topic takes; --since a later time passes over it"
    return str(error)

"""Which dead letters a replay means, as pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message, requests_topic
from petalstream.reasons import Reason
from services.consumer.tools.reading import model_of_dead_letters


class Choice(Enum):
    """What a replay does with a dead letter."""

    NOT_MEANT = auto()  # another reason, or replayed by an earlier run
    LEFT = auto()  # not in this run: it stays where the next one begins
    PASSED_OVER = auto()  # older than asked for, and the next run begins after it
    MEANT = auto()


class CannotReplay(Exception):
    """A dead letter that cannot become a request again; the message is why."""


@dataclass(frozen=True)
class OffsetRange:
    """Offsets `first` to `last` of a partition of a dead-letters topic, both included."""

    partition: int
    first: int
    last: int

    def holds(self, partition: int, offset: int) -> bool:
        """Return whether the offset is in the range."""
        return partition == self.partition and self.first <= offset <= self.last


@dataclass(frozen=True)
class Selection:
    """What the operator asked for: reasons, times in milliseconds since 1970, offsets; no range means every offset.

    `again` means the dead letters too that an earlier run has handled. A dead letter that was replayed `most_replays`
    times is not replayed; 0 means no limit.
    """

    reasons: Sequence[Reason] = tuple(Reason)
    since: int | None = None
    until: int | None = None
    offsets: Sequence[OffsetRange] = ()
    again: bool = False
    most_replays: int = 0

    def choose(self, letter: DeadLetter, replayed_to: int) -> Choice:
        """Return what to do with a dead letter whose reason was replayed up to, not including, offset `replayed_to`."""
        record = letter.record
        is_handled = record.offset < replayed_to
        if letter.reason not in self.reasons or (is_handled and not self.again):
            return Choice.NOT_MEANT
        outside = bool(self.offsets) and not any(each.holds(record.partition, record.offset) for each in self.offsets)
        if outside or (self.until is not None and record.timestamp >= self.until):
            return Choice.NOT_MEANT if is_handled else Choice.LEFT
        if self.since is not None and record.timestamp < self.since:
            return Choice.NOT_MEANT if is_handled else Choice.PASSED_OVER
        return Choice.MEANT


def request(letter: DeadLetter, most_replays: int = 0) -> Message:
    """Return the request to send again; it was not yet replayed `most_replays` times, where that is not 0.

    Raises CannotReplay.
    """
    if not letter.replayable:
        raise CannotReplay("the request's bytes are not in the dead letter")
    if letter.topic != requests_topic(model_of_dead_letters(letter.record.topic)):
        raise CannotReplay("the header dead_letter_topic is not the model's request topic")
    if most_replays and letter.replays >= most_replays:
        raise CannotReplay(f"replayed {most_replays} times already; --again replays it all the same")
    return letter.replay()

"""How far replays have come: a consumer group for each reason holds where its next replay begins.

A reason's progress moves over what was replayed, what cannot be replayed and what --since passes over. It stops at the
first dead letter that a run leaves (--until, --offset) or that the broker refuses: a later run begins there, and what
was sent from behind that place is then sent again. Nothing is lost; --again begins before all progress.
"""

import re
from collections.abc import Mapping, Sequence

from petalstream import broker
from petalstream.messages import dead_letters_topic
from petalstream.reasons import Reason

Places = Mapping[int, int]


class Progress:
    """For one topic: of each reason, the offset by partition up to which it was replayed."""

    def __init__(self, committed: Mapping[Reason, Places]) -> None:
        self._committed = {reason: dict(places) for reason, places in committed.items()}
        self._held: dict[tuple[Reason, int], int] = {}

    def of(self, reason: Reason, partition: int) -> int:
        """The first offset that a replay of `reason` has not dealt with."""
        return self._committed.get(reason, {}).get(partition, 0)

    def begin(self) -> dict[int, int]:
        """The first offset, by partition, that any of the reasons has still to see."""
        partitions = {partition for places in self._committed.values() for partition in places}
        return {partition: min(self.of(reason, partition) for reason in self._committed) for partition in partitions}

    def hold(self, reason: Reason, partition: int, offset: int) -> None:
        """Do not move past `offset` in this run."""
        if offset >= self.of(reason, partition):
            self._held[reason, partition] = min(offset, self._held.get((reason, partition), offset))

    def comes_again(self, reason: Reason, partition: int, offset: int) -> bool:
        """Whether a later run will begin at or before `offset`, since something before it is held."""
        return self._held.get((reason, partition), offset + 1) <= offset

    def move(self, reason: Reason, reached: Places) -> dict[int, int]:
        """Move to `reached`, but not past what is held, and never back; the offsets that have changed."""
        allowed = {place: min(offset, self._held.get((reason, place), offset)) for place, offset in reached.items()}
        changed = {place: offset for place, offset in allowed.items() if offset > self.of(reason, place)}
        self._committed.setdefault(reason, {}).update(changed)
        return changed


def load(servers: str, group: str, model: str, reasons: Sequence[Reason]) -> Progress:
    """What was committed by earlier replays of consumer group `group`. Raises KafkaError."""
    committed: dict[Reason, dict[int, int]] = {}
    topic = re.escape(dead_letters_topic(model))
    for reason in reasons:
        for lag in broker.lags(servers, replay_group(group, reason), topic):
            # Past the end is the progress in an earlier topic of this name.
            known = lag.committed if lag.committed is not None and lag.committed <= lag.end else 0
            committed.setdefault(reason, {})[lag.partition] = known
    return Progress(committed)


def replay_group(group: str, reason: Reason) -> str:
    """The consumer group that holds the progress of one reason."""
    return f"{group}.replay.{reason}"

"""How far replays have come: a consumer group for each reason holds the offset at which its next replay begins.

A reason's progress moves over what was replayed, what cannot be replayed and what --since passes over. It stops at the
first dead letter that a run leaves (--until, --offset) or that the broker refuses: a later run begins there, and sends
again what was sent from behind it. Nothing is lost; --again begins before all progress.
"""

from collections.abc import Iterable, Mapping

from petalstream.reasons import Reason

Offsets = Mapping[int, int]
Moves = dict[Reason, dict[int, int]]


class Progress:
    """For one topic: of each reason, the offset by partition up to which it was replayed."""

    def __init__(self, committed: Mapping[Reason, Offsets], ends: Offsets) -> None:
        """Keep what earlier replays have committed in a topic with these ends."""
        self._committed: Moves = {}
        for reason, offsets in committed.items():
            of_reason = {number: offsets.get(number, 0) for number in ends}
            # Past the end is the progress in an earlier topic of this name.
            self._committed[reason] = {
                number: offset if offset <= ends[number] else 0 for number, offset in of_reason.items()
            }
        self._held: dict[tuple[Reason, int], int] = {}

    def of(self, reason: Reason, partition: int) -> int:
        """Return the first offset that no replay of `reason` has handled."""
        return self._committed.get(reason, {}).get(partition, 0)

    def begin(self) -> dict[int, int]:
        """Return the first offset, by partition, that any of the reasons has still to see."""
        partitions = {partition for offsets in self._committed.values() for partition in offsets}
        return {partition: min(self.of(reason, partition) for reason in self._committed) for partition in partitions}

    def hold(self, reason: Reason, partition: int, offset: int) -> None:
        """Do not move past `offset` in this run."""
        if offset >= self.of(reason, partition):
            self._held[reason, partition] = min(offset, self._held.get((reason, partition), offset))

    def comes_again(self, reason: Reason, partition: int, offset: int) -> bool:
        """Return whether a later run begins at or before `offset`, since something before it is held."""
        return self._held.get((reason, partition), offset + 1) <= offset

    def moves(self, reasons: Iterable[Reason], reached: Offsets) -> Moves:
        """Return the offsets that change if `reasons` move to `reached`: not past what is held, and never back."""
        moves: Moves = {}
        for reason in reasons:
            allowed = {number: min(end, self._held.get((reason, number), end)) for number, end in reached.items()}
            changed = {number: end for number, end in allowed.items() if end > self.of(reason, number)}
            if changed:
                moves[reason] = changed
        return moves

    def keep(self, moves: Moves) -> None:
        """Take over moves that are committed."""
        for reason, changed in moves.items():
            self._committed.setdefault(reason, {}).update(changed)


def replay_group(group: str, reason: Reason) -> str:
    """Return the consumer group that holds the progress of one reason."""
    return f"{group}.replay.{reason}"

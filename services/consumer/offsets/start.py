"""Decides where the reading of a partition begins, as a pure function."""

from dataclasses import dataclass
from enum import StrEnum

from petalstream.broker import Partition, PartitionState


class Cause(StrEnum):
    """Why reading does not go on where the group has read to."""

    DELETED = "deleted"
    FORGOTTEN = "forgotten"
    RECREATED = "recreated"
    TRUNCATED = "truncated"


@dataclass(frozen=True)
class Jump:
    """Reading goes on elsewhere: offsets `first` up to, not including, `next` are skipped, or may be read twice."""

    partition: Partition
    cause: Cause
    first: int
    next: int

    @property
    def skipped(self) -> int:
        """The number of offsets that have no outcome and never will."""
        return self.next - self.first if self.cause is Cause.DELETED else 0

    def __str__(self) -> str:
        offsets = f"{self.first} to {self.next - 1}"
        return {
            Cause.DELETED: f"{self.partition}: offsets {offsets} ({self.skipped} records at most) were deleted before"
            f" they were read, by retention or by delete-records: they have no outcome. Reading goes on at {self.next}",
            Cause.FORGOTTEN: f"{self.partition}: the group's committed offset is gone, by offsets.retention.minutes or"
            f" by an operator: offsets {offsets} are read, though some have their outcomes already",
            Cause.RECREATED: f"{self.partition}: the topic was deleted and created again; it is read from its start",
            Cause.TRUNCATED: f"{self.partition}: the log ends before what was read; offsets {offsets} are read again",
        }[self.cause]


def begin(state: PartitionState, read_before: str | None) -> tuple[int, Jump | None]:
    """Return the offset at which to begin, and the jump if that is not where the group has read to.

    `read_before` is the id of the topic that the group has read in this partition before; None if it has read none.
    """
    start = max(0, state.log_start)
    position = state.position
    if position is None:
        if read_before is None:
            return start, None
        return start, _read_anew(state, Cause.FORGOTTEN if read_before == state.topic_id else Cause.RECREATED)
    if position.topic_id and state.topic_id and position.topic_id != state.topic_id:
        return start, _read_anew(state, Cause.RECREATED)
    if position.offset < start:
        return start, Jump(state.partition, Cause.DELETED, position.offset, start)
    if state.is_out_of_range:
        return start, _read_anew(state, Cause.TRUNCATED)
    return position.offset, None


def _read_anew(state: PartitionState, cause: Cause) -> Jump | None:
    """Return the jump to the beginning of the log; None if the log is empty."""
    if state.log_end <= state.log_start and cause is not Cause.RECREATED:
        return None
    return Jump(state.partition, cause, state.log_start, state.log_end)

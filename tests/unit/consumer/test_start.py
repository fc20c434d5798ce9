"""Where the reading of a partition begins: from what is committed, what the log has, and what was read before."""

import pytest

from petalstream.broker import Partition, PartitionState, Position
from services.consumer.offsets.start import Cause, Jump, begin

PARTITION, OLD, NEW = Partition("iris.requests", 3), "old-topic", "new-topic"


def state(
    position: Position | None, first: int = 100, end: int = 500, out_of_range: bool = False, topic_id: str = NEW
) -> PartitionState:
    """A partition whose log holds offsets 100 to 499 by default."""
    return PartitionState(PARTITION, topic_id, position, first, end, out_of_range)


@pytest.mark.parametrize(
    ("given", "read_before", "offset"),
    [
        (state(Position(250, NEW)), NEW, 250),
        (state(Position(250, NEW)), None, 250),
        (state(Position(250, "")), NEW, 250),
        (state(Position(250, OLD), topic_id=""), OLD, 250),
        (state(Position(100, NEW)), NEW, 100),
        (state(Position(500, NEW)), NEW, 500),
        (state(None), None, 100),
        (state(None, first=0, end=0), None, 0),
        (state(None, first=-1, end=0), None, 0),
        (state(None, first=100, end=100), NEW, 100),
    ],
    ids=[
        "it goes on where the group has read to",
        "so it does where it is not known to be read before",
        "an offset that was committed without the topic's id is taken for this topic's",
        "so is one of a topic whose id is unknown",
        "the log begins there",
        "the log ends there",
        "a new partition is read from its log's start",
        "an empty one too",
        "a start that is unknown is the first offset",
        "an offset of an empty log is gone without a loss",
    ],
)
def test_no_jump_where(given: PartitionState, read_before: str | None, offset: int) -> None:
    assert begin(given, read_before) == (offset, None)


@pytest.mark.parametrize(
    ("given", "read_before", "offset", "cause", "offsets", "skipped"),
    [
        (state(Position(40, NEW)), NEW, 100, Cause.DELETED, (40, 100), 60),
        (state(Position(40, "")), None, 100, Cause.DELETED, (40, 100), 60),
        (state(Position(40, NEW), first=100, end=100), NEW, 100, Cause.DELETED, (40, 100), 60),
        (state(Position(40, NEW), out_of_range=True), NEW, 100, Cause.DELETED, (40, 100), 60),
        (state(None), NEW, 100, Cause.FORGOTTEN, (100, 500), 0),
        (state(None), OLD, 100, Cause.RECREATED, (100, 500), 0),
        (state(Position(250, OLD)), OLD, 100, Cause.RECREATED, (100, 500), 0),
        (state(Position(40, OLD)), None, 100, Cause.RECREATED, (100, 500), 0),
        (state(Position(40, OLD), first=0, end=0), OLD, 0, Cause.RECREATED, (0, 0), 0),
        (state(Position(600, NEW), out_of_range=True), NEW, 100, Cause.TRUNCATED, (100, 500), 0),
    ],
)
def test_a_jump_has_its_cause_and_its_offsets(
    given: PartitionState, read_before: str | None, offset: int, cause: Cause, offsets: tuple[int, int], skipped: int
) -> None:
    jump = Jump(PARTITION, cause, *offsets)
    assert begin(given, read_before) == (offset, jump)
    assert jump.skipped == skipped


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (
            Cause.DELETED,
            "iris.requests[3]: offsets 40 to 99 (60 records at most) were deleted before they were read, by retention"
            " or by delete-records: they have no outcome. Reading goes on at 100",
        ),
        (
            Cause.FORGOTTEN,
            "iris.requests[3]: the group's committed offset is gone, by offsets.retention.minutes or by an operator:"
            " offsets 40 to 99 are read, though some have their outcomes already",
        ),
        (
            Cause.RECREATED,
            "iris.requests[3]: the topic was deleted and created again; it is read from its start",
        ),
        (
            Cause.TRUNCATED,
            "iris.requests[3]: the log ends before what was read; offsets 40 to 99 are read again",
        ),
    ],
)
def test_a_jump_says_what_happened_to_which_offsets(cause: Cause, text: str) -> None:
    assert str(Jump(PARTITION, cause, 40, 100)) == text

"""Where a consumer begins: what it commits, remembers, logs and counts of that, and where it stops instead."""

import logging

import pytest

from petalstream.broker import KafkaError, Partition, PartitionState, Position
from petalstream.settings import LostOffsets
from services.consumer import metrics
from services.consumer.offsets.starts import Starts
from tests.unit.consumer.fakes import ReadBefore

IRIS, OTHER = Partition("iris.requests", 0), Partition("iris.requests", 1)
TOPIC_ID = "the-topic"


def state(position: Position | None, partition: Partition = IRIS, topic_id: str = TOPIC_ID) -> PartitionState:
    """A partition whose log holds offsets 100 to 499."""
    return PartitionState(partition, topic_id, position, 100, 500)


def counted(cause: str) -> tuple[float, float]:
    """The jumps of that cause so far, and the skipped records of Iris."""
    jumps, skipped = metrics.JUMPS.labels(cause), metrics.SKIPPED.labels("iris")
    return jumps._value.get(), skipped._value.get()


def test_a_partition_that_goes_on_where_the_group_has_read_to_needs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    read_before = ReadBefore(iris=TOPIC_ID)
    starts = Starts(read_before, LostOffsets.CONTINUE)
    assert starts.begin([state(Position(250, TOPIC_ID))]) == [250]
    assert starts.to_commit() == {}
    assert starts.stopped_topics() == set()
    assert caplog.messages == []


def test_the_start_of_a_new_partition_is_committed_and_then_remembered() -> None:
    read_before = ReadBefore()
    starts = Starts(read_before, LostOffsets.CONTINUE)
    assert starts.begin([state(None), state(None, OTHER)]) == [100, 100]
    assert starts.to_commit() == {IRIS: Position(100, TOPIC_ID), OTHER: Position(100, TOPIC_ID)}
    starts.committed([])
    assert read_before.topic_ids == {}, "a partition that is remembered without an offset would count as a loss"
    starts.committed([IRIS])
    assert read_before.topic_ids == {IRIS: TOPIC_ID}
    assert starts.to_commit() == {OTHER: Position(100, TOPIC_ID)}


def test_a_partition_with_an_offset_that_is_not_remembered_yet_is_remembered_without_a_commit() -> None:
    read_before = ReadBefore()
    starts = Starts(read_before, LostOffsets.CONTINUE)
    starts.begin([state(Position(250, TOPIC_ID))])
    starts.committed([])
    assert read_before.topic_ids == {IRIS: TOPIC_ID}


def test_a_partition_that_ends_before_its_start_is_committed_is_neither_committed_nor_remembered() -> None:
    read_before = ReadBefore()
    starts = Starts(read_before, LostOffsets.STOP)
    starts.begin([state(None), state(Position(1, TOPIC_ID), OTHER)])
    assert starts.stopped_topics() == {"iris.requests"}
    starts.end([IRIS, OTHER])
    assert starts.to_commit() == {}
    assert starts.stopped_topics() == set()
    starts.committed([IRIS, OTHER])
    assert read_before.topic_ids == {}


def test_a_start_that_cannot_be_remembered_is_a_warning_and_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    read_before = ReadBefore()
    read_before.error = KafkaError("no broker")
    starts = Starts(read_before, LostOffsets.CONTINUE)
    starts.begin([state(None)])
    starts.committed([IRIS])
    (entry,) = caplog.records
    assert entry.levelno == logging.WARNING
    assert "should the group's offsets expire before the next start, that is not noticed" in entry.getMessage()
    starts.committed([])
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("position", "before", "cause", "skipped", "level"),
    [
        (Position(40, TOPIC_ID), TOPIC_ID, "deleted", 60, logging.ERROR),
        (None, TOPIC_ID, "forgotten", 0, logging.ERROR),
        (Position(250, "old-topic"), "old-topic", "recreated", 0, logging.WARNING),
    ],
)
def test_a_jump_is_logged_counted_and_committed(
    position: Position | None, before: str, cause: str, skipped: int, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    jumps, records = counted(cause)
    read_before = ReadBefore(iris=before)
    starts = Starts(read_before, LostOffsets.CONTINUE)
    assert starts.begin([state(position)]) == [100]
    assert counted(cause) == (jumps + 1, records + skipped)
    (entry,) = caplog.records
    assert (entry.levelno, entry.getMessage().split(":")[0]) == (level, "iris.requests[0]")
    assert starts.to_commit() == {IRIS: Position(100, TOPIC_ID)}
    starts.committed([IRIS])
    assert read_before.topic_ids == {IRIS: TOPIC_ID}


@pytest.mark.parametrize("position", [Position(40, TOPIC_ID), None])
def test_where_it_is_to_stop_a_loss_stops_the_topic_with_an_error_and_commits_nothing(
    position: Position | None, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("deleted"), counted("forgotten")
    starts = Starts(ReadBefore(iris=TOPIC_ID), LostOffsets.STOP)
    starts.begin([state(position), state(Position(250, TOPIC_ID), OTHER)])
    assert starts.stopped_topics() == starts.stopped_topics() == {"iris.requests"}
    assert starts.to_commit() == {}
    (entry,) = caplog.records
    assert entry.levelno == logging.ERROR
    assert "iris.requests[0]: " in entry.getMessage()
    assert "CONSUMER_LOST_OFFSETS=continue" in entry.getMessage()
    assert (counted("deleted"), counted("forgotten")) == before, "nothing is skipped"


def test_a_topic_that_was_created_again_is_read_although_losses_stop_it() -> None:
    starts = Starts(ReadBefore(iris="old-topic"), LostOffsets.STOP)
    assert starts.begin([state(Position(250, "old-topic"))]) == [100]
    assert starts.stopped_topics() == set()
    assert starts.to_commit() == {IRIS: Position(100, TOPIC_ID)}

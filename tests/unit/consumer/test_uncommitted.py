"""What is written and not committed: no more than one batch of it, so that a kill repeats no more."""

import threading

import pytest

from embedded.waiting import wait_until
from petalstream.broker import Partition, Position
from services.consumer.assignment import Assignment, AssignmentOver
from services.consumer.delivery.uncommitted import Uncommitted, WrittenBatch
from tests.records import Record
from tests.unit.consumer.fakes import new_assignment


def batch(records: int, assignment: Assignment) -> WrittenBatch:
    """So many records that have their outcomes."""
    return WrittenBatch([Record(offset=offset) for offset in range(records)], assignment)


def test_a_writer_waits_until_what_it_wrote_before_is_committed() -> None:
    uncommitted, assignment = Uncommitted(most=10), new_assignment()
    uncommitted.wait_for_room(8, assignment)
    uncommitted.add(batch(8, assignment))
    uncommitted.wait_for_room(2, assignment)
    writer = threading.Thread(target=uncommitted.wait_for_room, args=(3, assignment))
    writer.start()
    writer.join(0.3)
    assert writer.is_alive()
    uncommitted.remove(1)
    writer.join(5)
    assert not writer.is_alive()


def test_a_batch_larger_than_the_room_is_written_alone() -> None:
    Uncommitted(most=10).wait_for_room(11, new_assignment())


@pytest.mark.parametrize("is_cleared", [False, True])
def test_the_wait_ends_with_the_assignment(is_cleared: bool) -> None:
    uncommitted, assignment = Uncommitted(most=1), new_assignment()
    uncommitted.add(batch(1, assignment))
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            uncommitted.wait_for_room(1, assignment)
        except AssignmentOver as error:
            ended.append(error)

    writer = threading.Thread(target=wait)
    writer.start()
    assignment.over.set()
    if is_cleared:
        uncommitted.clear()
    wait_until(lambda: ended, "the writer to give up", 5)
    writer.join(5)


def test_batches_whose_assignment_is_over_can_be_removed_alone() -> None:
    uncommitted, over, going_on = Uncommitted(most=10), new_assignment(), new_assignment()
    kept = batch(2, going_on)
    for each in (batch(1, over), kept, batch(3, over)):
        uncommitted.add(each)
    over.over.set()
    uncommitted.remove_ended()
    assert uncommitted.batches() == [kept]


def test_a_batch_leads_to_the_position_after_its_last_record_of_each_partition() -> None:
    records = [Record(partition=partition, offset=offset) for partition, offset in ((0, 4), (1, 8), (0, 5))]
    assert WrittenBatch(records, new_assignment(topic_id="the-topic")).positions() == {
        Partition("iris.requests", 0): Position(6, "the-topic"),
        Partition("iris.requests", 1): Position(9, "the-topic"),
    }


def test_room_that_the_end_of_the_assignment_makes_is_not_used() -> None:
    uncommitted, assignment = Uncommitted(most=1), new_assignment()
    uncommitted.add(batch(1, assignment))
    assignment.over.set()
    uncommitted.remove(1)
    with pytest.raises(AssignmentOver):
        uncommitted.wait_for_room(1, assignment)


def test_batches_come_in_the_order_in_which_they_were_written() -> None:
    uncommitted, assignment = Uncommitted(most=10), new_assignment()
    first, second = batch(1, assignment), batch(2, assignment)
    uncommitted.add(first)
    uncommitted.add(second)
    assert uncommitted.batches() == [first, second]
    uncommitted.remove(1)
    assert uncommitted.batches() == [second]
    with pytest.raises(IndexError):
        uncommitted.remove(2)

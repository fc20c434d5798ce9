"""The main loop: what becomes of commits that fail, and where new partitions begin."""

import time
from types import SimpleNamespace

import pytest

from petalstream.broker import (
    REBALANCING,
    CommitFailedError,
    KafkaError,
    Partition,
    Position,
)
from petalstream.messages import coordinates
from petalstream.settings import LostOffsets
from services.consumer import consumer_loop
from services.consumer.offsets.starts import Starts
from tests.unit.consumer.fakes import ReadBefore
from tests.unit.consumer.loops import TOPIC_ID, Loop, records, state, write

IRIS = Partition("iris.requests", 0)


def revoke(loop: Loop) -> None:
    loop.loop.end([IRIS], are_lost=False)


def refuse(loop: Loop, error: KafkaError, times: int) -> list[int]:
    """Have so many commits fail; the numbers of those that did."""
    failed: list[int] = []

    def fail() -> None:
        if len(failed) < times:
            failed.append(len(failed))
            raise error

    loop.consumer.on_commit = fail
    return failed


@pytest.mark.parametrize("error", [kind("rebalanced") for kind in REBALANCING])
def test_a_commit_that_a_rebalance_refuses_is_tried_again(error: KafkaError) -> None:
    failed: list[list[int]] = []

    def refuse_two(loop: Loop) -> None:
        failed.append(refuse(loop, error, 2))
        write(loop)

    loop = Loop(records(1), refuse_two, [], []).run()
    assert failed == [[0, 1]]
    assert loop.consumer.committed == ["iris.requests[0]@2"]


def test_a_rebalance_that_refuses_commits_for_more_than_a_minute_ends_this_consumer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def clock() -> float:
        return loop.consumer.polls * 20.0

    def refuse_all(loop: Loop) -> None:
        refuse(loop, CommitFailedError("rebalanced"), 1_000)
        write(loop)

    loop = Loop(records(1), refuse_all, *[[]] * 9)
    monkeypatch.setattr(consumer_loop, "time", SimpleNamespace(monotonic=clock, time=time.time, sleep=time.sleep))
    loop.loop._could_commit = 0.0
    with pytest.raises(CommitFailedError):
        loop.run()
    assert loop.consumer.polls == 6, "nothing was to commit until the poll at 20 s, and the last poll is for its end"
    assert loop.consumer.committed == []


def test_any_other_failed_commit_ends_this_consumer_at_once() -> None:
    def refuse_all(loop: Loop) -> None:
        refuse(loop, KafkaError("no broker"), 1_000)
        write(loop)

    loop = Loop(records(1), refuse_all, [], [])
    with pytest.raises(KafkaError, match="no broker"):
        loop.run()
    assert loop.consumer.polls == 2


def test_a_partition_goes_although_its_commit_fails() -> None:
    def refuse_and_revoke(loop: Loop) -> None:
        refuse(loop, CommitFailedError("rebalanced"), 1)
        write(loop)
        revoke(loop)

    loop = Loop(records(1), refuse_and_revoke, []).run()
    assert loop.consumer.committed == []


def test_where_a_new_partition_begins_is_committed_before_any_record_is_scored() -> None:
    loop = Loop([])
    loop.starts = loop.loop._starts = Starts(ReadBefore(), LostOffsets.CONTINUE)
    assert loop.loop.begin([state("iris", position=None, log_start=3)]) == [3]
    loop.run()
    assert loop.consumer.committed == ["iris.requests[0]@3"]


def test_a_topic_is_paused_until_it_is_committed_where_its_new_partition_begins() -> None:
    def begin(loop: Loop) -> None:
        refuse(loop, CommitFailedError("rebalanced"), 2)
        loop.loop.begin([state("iris", position=None, log_start=3)])

    loop = Loop(begin, [], [], [])
    loop.starts = loop.loop._starts = Starts(ReadBefore(), LostOffsets.CONTINUE)
    loop.run()
    assert loop.consumer.committed == ["iris.requests[0]@3"]
    assert loop.consumer.done == ["pause iris.requests", "resume iris.requests"]


def test_records_of_a_topic_that_is_stopped_for_its_lost_offsets_reach_no_lane_and_it_is_paused() -> None:
    loop = Loop(records(5) + records(1, topic="rose.requests"), lambda loop: records(6), [])
    loop.starts = loop.loop._starts = Starts(ReadBefore(), LostOffsets.STOP)
    loop.loop.begin([state("iris", position=Position(0, TOPIC_ID), log_start=5)])
    loop.run()
    assert set(loop.lanes) == {"rose"}
    assert [coordinates(each) for each in loop.lanes["rose"].inbox._records] == []
    assert loop.consumer.done == ["pause iris.requests"]

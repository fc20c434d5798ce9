"""Replays that are killed, doubled or lose their broker: in the end each dead letter is replayed exactly once."""

import pytest

from embedded.processes import Child, python
from embedded.waiting import wait_until
from petalstream.reasons import Reason
from tests.brokers import paused
from tests.length import Length
from tests.operator import bury, commit, replay, replayed
from tests.stack import Stack

LETTERS = 6_000  # in batches of 500


def start_replay(stack: Stack, sent: int) -> Child:
    """Start a replay, and return while it goes on, after it has sent requests beyond the first `sent`."""
    child = stack.start("replay", python("services.consumer.tools", "dead-letters", "replay"))
    wait_until(lambda: stack.count("requests") > sent, "the first batch of a replay", 60)
    return child


def assert_each_once(stack: Stack) -> None:
    """Each dead letter was replayed once, and in order."""
    assert replayed(stack) == [str(number) for number in range(LETTERS)]
    assert replay(stack).startswith("0 replayed")


def test_a_second_replay_takes_over_from_the_first_and_each_dead_letter_is_replayed_once(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED] * LETTERS)
    first = start_replay(stack, sent=0)
    with paused(first):
        second = replay(stack)
    assert first.process.wait(30) == 1
    stack.processes.forget(first)
    assert 0 < int(second.split()[0]) < LETTERS
    log = stack.log("replay").read_text()
    assert "Error: iris: another replay of these dead letters has started and taken over" in log
    assert int(log.split(" replayed, ")[0].split()[-1]) + int(second.split()[0]) == LETTERS
    assert_each_once(stack)


def test_a_replay_that_is_killed_repeats_and_loses_nothing_when_it_is_run_again(stack: Stack, length: Length) -> None:
    bury(stack, [Reason.REJECTED] * LETTERS)
    for _ in range(length.count(short=1, full=3)):
        stack.kill(start_replay(stack, stack.count("requests")))
    replay(stack)
    assert_each_once(stack)


@pytest.mark.long
@pytest.mark.own_broker
def test_a_broker_that_restarts_in_the_middle_of_a_replay_costs_and_repeats_nothing(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED] * LETTERS)
    child = start_replay(stack, sent=0)
    stack.broker.kill()
    stack.broker.start()
    print("exit code", child.process.wait(60))  # 0 if the broker was back before the client gave up
    stack.processes.forget(child)
    assert "Traceback" not in stack.log("replay").read_text()
    replay(stack)
    assert_each_once(stack)


def test_progress_that_an_earlier_version_has_committed_is_honoured(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED, Reason.TOO_LARGE, Reason.REJECTED, Reason.TOO_LARGE])
    commit(stack, f"{stack.settings.consumer_group}.replay.rejected", "iris.dead-letters", {0: 1})
    assert replay(stack).startswith("3 replayed")
    assert replayed(stack) == ["1", "2", "3"]

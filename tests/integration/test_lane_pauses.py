"""The states of lanes beside a real broker: every consumer of a group sees a pause, and an operator ends it."""

import gc
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psutil
import pytest

from embedded.ports import free_port
from embedded.waiting import wait_until
from petalstream.broker import KafkaError
from petalstream.lane_state import lanes_topic
from petalstream.messages import Message
from services.consumer.pauses import LanePauses, lane_pauses
from tests.operator import tools
from tests.stack import Stack

SECONDS = 30


def is_resumed_by(pauses: LanePauses, model: str) -> bool:
    """Resume the lane; False if the broker does not take it."""
    try:
        pauses.resume(model)
    except KafkaError:
        return False
    return True


@contextmanager
def following(stack: Stack) -> Iterator[LanePauses]:
    """A started LanePauses of the stack's group."""
    with closing(LanePauses(stack.servers, stack.settings.consumer_group)) as pauses:
        pauses.start()
        yield pauses


def await_reason(pauses: LanePauses, model: str, reason: str | None) -> None:
    """Wait until a consumer sees the lane as paused for this reason, or as running."""
    wait_until(lambda: pauses.reason(model) == reason, f"{model} to have the reason {reason!r}", SECONDS)


def test_every_consumer_sees_a_pause_and_a_resume_and_so_does_one_that_starts_later(stack: Stack) -> None:
    with following(stack) as one, following(stack) as other:
        assert one.reason("iris") is None
        one.pause("iris", "too many dead letters")
        assert one.reason("iris") == "too many dead letters"
        await_reason(other, "iris", "too many dead letters")
        with following(stack) as later:
            assert later.reason("iris") == "too many dead letters"
            assert later.reason("rose") is None

        assert (one.resumes("iris"), other.resumes("iris")) == (0, 0)
        other.resume("iris")
        assert (other.reason("iris"), other.resumes("iris")) == (None, 1)
        await_reason(one, "iris", None)
        assert (one.resumes("iris"), one.resumes("rose")) == (1, 0)

        # One consumer pauses while the other resumes: the broker's order decides in both.
        for number in range(3):
            one.pause("rose", f"pause {number}")
            other.resume("rose")
        await_reason(one, "rose", None)
        assert (one.resumes("rose"), other.resumes("rose")) == (3, 3)


def test_what_is_not_the_state_of_a_lane_is_logged_and_ignored(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    with following(stack) as pauses:
        topic = lanes_topic(stack.settings.consumer_group)
        stack.write([Message(topic, b"iris", b"[]", []), Message(topic, b"", b"x", [])])
        pauses.pause("iris", "too many dead letters")
        assert pauses.reason("iris") == "too many dead letters"
        assert f"{topic}[0]@0 is not a state of the group and is ignored: its value is not a JSON object" in caplog.text
        assert [record.name for record in caplog.records].count(lane_pauses.__name__) == 2
        stack.write([Message(topic, b"iris", None, [])])
        await_reason(pauses, "iris", None)
        assert pauses.resumes("iris") == 1


def test_an_operator_lists_paused_lanes_and_resumes_one_or_all(stack: Stack) -> None:
    group = stack.settings.consumer_group
    assert tools(stack, "lanes") == "no lane is paused\n"
    assert tools(stack, "resume", "--all") == "no lane is paused\n"
    with following(stack) as pauses:
        for model in ("rose", "iris", "violet"):
            pauses.pause(model, f"too many dead letters of {model}")
        heading, *rows = tools(stack, "lanes").splitlines()
        assert heading.split() == ["model", "since", "reason"]
        assert [row.split()[0] for row in rows] == ["iris", "rose", "violet"]
        assert rows[0].endswith("too many dead letters of iris")

        assert tools(stack, "resume", "iris").startswith("iris: resumed; it was paused since 2")
        await_reason(pauses, "iris", None)
        assert (pauses.resumes("iris"), pauses.resumes("rose")) == (1, 0)
        error = tools(stack, "resume", "iris", exit_code=2)
        assert error == (
            f"Error: Invalid value for MODEL: 'iris' is not paused in the group {group}; paused: rose, violet\n"
        )
        assert tools(stack, "resume", exit_code=2) == "Error: name one model, or give --all\n"

        assert len(tools(stack, "resume", "--all").splitlines()) == 2
        await_reason(pauses, "violet", None)
        await_reason(pauses, "rose", None)


@pytest.mark.long
@pytest.mark.own_broker
def test_states_survive_a_restart_of_the_broker_and_are_followed_after_it(stack: Stack) -> None:
    with following(stack) as one, following(stack) as other:
        one.pause("iris", "too many dead letters")
        await_reason(other, "iris", "too many dead letters")
        stack.broker.kill()
        with pytest.raises(KafkaError):
            one.resume("iris")
        assert one.reason("iris") == "too many dead letters"
        stack.broker.start()
        wait_until(lambda: is_resumed_by(one, "iris"), "a resume to be taken after the restart", SECONDS)
        await_reason(other, "iris", None)
        assert other.resumes("iris") >= 1


def test_close_leaves_no_thread_and_no_connection_whether_the_broker_answers_or_not(stack: Stack) -> None:
    process = psutil.Process()
    with following(stack) as first:
        first.pause("iris", "what a process opens only once is open from now on")
    gc.collect()
    before = process.num_fds(), threading.active_count()
    gc.disable()
    try:
        with following(stack) as pauses:
            pauses.resume("iris")
        assert (process.num_fds(), threading.active_count()) == before
        with following(stack) as pauses, stack.broker.paused():
            closer = threading.Thread(target=pauses.close)
            closer.start()
            closer.join(SECONDS)
            assert not closer.is_alive()
        assert (process.num_fds(), threading.active_count()) == before
        nowhere = LanePauses(f"127.0.0.1:{free_port()}", stack.settings.consumer_group)
        with pytest.raises(KafkaError):
            nowhere.start()
        nowhere.close()
        assert (process.num_fds(), threading.active_count()) == before
    finally:
        gc.enable()

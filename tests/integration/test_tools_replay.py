"""Replays beside a real broker: what is sent, what stays for a later run, and what is lost, which is nothing."""

from collections.abc import Sequence

import pytest

from embedded.processes import python
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Reason
from petalstream.schema import Fault
from tests.operator import replay, tools
from tests.records import Record, flower
from tests.stack import Stack

REJECTED = ("--reason", "rejected")


def bury(stack: Stack, reasons: Sequence[Reason], value: bytes | None = b"{}") -> None:
    """Write a dead letter of Iris for each of `reasons`, all in partition 0 and with their numbers as keys."""
    broker.create_topics(stack.servers, "iris", 1)
    records = [Record(offset=number, key=str(number).encode(), value=value) for number in range(len(reasons))]
    faults = [Fault(reason, f"it is {reason}") for reason in reasons]
    stack.write([write_dead_letter(record, fault, 1) for record, fault in zip(records, faults, strict=True)])


def replayed(stack: Stack) -> list[str]:
    """The keys of Iris' requests, in order."""
    return [(record.key or b"").decode() for record in broker.read_topic(stack.servers, "iris.requests")]


def test_a_run_begins_where_the_last_one_of_that_reason_ended_unless_that_was_dry(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED, Reason.TOO_LARGE, Reason.REJECTED, Reason.UNAVAILABLE])
    told = tools(stack, "dead-letters", "replay", "--dry-run").splitlines()
    assert [line.split() for line in told[:-1]] == [
        ["iris", "rejected", "2"],
        ["iris", "too_large", "1"],
        ["iris", "unavailable", "1"],
    ]
    assert told[-1] == "4 would be replayed, 0 cannot be replayed, 0 passed over"
    assert replayed(stack) == []

    assert replay(stack, *REJECTED).startswith("2 replayed")
    assert replayed(stack) == ["0", "2"]
    assert replay(stack, *REJECTED).startswith("0 replayed")
    bury(stack, [Reason.REJECTED])
    assert replay(stack, *REJECTED).startswith("1 replayed")
    assert replay(stack).startswith("2 replayed")
    assert replayed(stack) == ["0", "2", "0", "1", "3"]
    assert replay(stack).startswith("0 replayed")
    assert replay(stack, "--again", "--reason", "unavailable").startswith("1 replayed")

    # As where an earlier topic of this name was longer.
    broker.commit_offsets(
        stack.servers, f"{stack.settings.consumer_group}.replay.rejected", "iris.dead-letters", {0: 1_000}
    )
    assert replay(stack).startswith("3 replayed")
    assert replay(stack, *REJECTED).startswith("0 replayed")


@pytest.mark.long
def test_what_times_and_offsets_leave_is_replayed_by_a_later_run_and_progress_stays_before_what_the_broker_refuses(
    stack: Stack,
) -> None:
    bury(stack, [Reason.REJECTED] * 6)
    (*_, last) = broker.read_topic(stack.servers, "iris.dead-letters")
    assert replay(stack, *REJECTED, "--until", "2020-01-01").endswith("6 left for a later run")
    assert replay(stack, *REJECTED, "--offset", "0:1-2", "--offset", "0:4").startswith("3 replayed")
    assert replayed(stack) == ["1", "2", "4"]
    told = replay(stack, *REJECTED, "--since", "2999-01-01")
    assert told == "0 replayed, 0 cannot be replayed, 6 passed over (before --since; --again reaches them)"
    assert replay(stack, *REJECTED).startswith("0 replayed")
    told = replay(stack, *REJECTED, "--again", "--offset", f"0:{last.offset}")
    assert told == "1 replayed, 0 cannot be replayed, 0 passed over"
    told = replay(stack, *REJECTED, "--again", "--since", "2020-01-01", "--until", "2999-01-01")
    assert told.startswith("6 replayed")

    before, both = len(replayed(stack)), (*REJECTED, "--reason", "too_large")
    bury(stack, [Reason.TOO_LARGE, Reason.REJECTED])
    bury(stack, [Reason.TOO_LARGE], flower() + b" " * 1_500_000)
    bury(stack, [Reason.REJECTED])
    told = tools(stack, "dead-letters", "replay", *both, exit_code=1)
    assert told.startswith(f"iris.dead-letters[0]@{last.offset + 3} was refused: its 1500")
    assert sorted(replayed(stack)[before:]) == ["0", "0", "1"]
    tools(stack, "dead-letters", "replay", *both, exit_code=1)
    assert len(replayed(stack)) == before + 3
    told = replay(stack, *both, "--since", "2999-01-01")
    assert told.startswith("0 replayed, 0 cannot be replayed, 1 passed over")
    assert replay(stack).startswith("0 replayed")


def test_a_replayed_record_keeps_key_bytes_and_headers_and_what_cannot_be_replayed_says_why(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED])
    own = [("traceparent", b"\x00"), ("replay_count", b"2")]
    kept = write_dead_letter(Record(key=None, value=b"\xff\x00", headers=own), Fault(Reason.UNDECODABLE, "not JSON"), 0)
    lost = write_dead_letter(Record(value=None, key=None), Fault(Reason.TOMBSTONE, "a tombstone"), 0)
    hostile = write_dead_letter(Record(key=b"x"), Fault(Reason.REJECTED, "\x1b[2J"), 0)
    elsewhere = [(name, b"rose.requests" if name == "dead_letter_topic" else value) for name, value in hostile.headers]
    stack.write(
        [
            kept,
            lost,
            Message("iris.dead-letters", b"x", b"{}", elsewhere),
            Message("iris.dead-letters", b"x", b"{}", [("dead_letter_reason", b"rejected")]),
            Message("iris.dead-letters", None, b"no headers", []),
            Message("iris.dead-letters", b"only a key", None, []),
        ],
    )
    listed = tools(stack, "dead-letters", "list")
    assert "(not ours)" in listed
    assert "replays: 2" in listed
    assert "\\x1b[2J" in listed
    assert "\x1b" not in listed

    told = tools(stack, "dead-letters", "replay")
    assert told.splitlines()[-2] == "no dead letters of ours, or not readable: 3"
    assert told.splitlines()[-1].startswith("2 replayed, 2 cannot be replayed (1: ")
    assert "1: the request's bytes are not in the dead letter" in told
    assert "1: the header dead_letter_topic is not the model's request topic" in told
    assert replay(stack).startswith("0 replayed, 0 cannot be replayed")
    first, found = broker.read_topic(stack.servers, "iris.requests")
    assert first.key == b"0"
    assert (found.key, found.value) == (None, b"\xff\x00")
    assert found.headers == [("traceparent", b"\x00"), ("replay_count", b"3")]


def test_batches_are_replayed_in_order_each_record_once_and_a_replay_that_is_killed_and_run_again_loses_none(
    stack: Stack,
) -> None:
    bury(stack, [Reason.UNAVAILABLE] * 1_200)
    unavailable = "--reason", "unavailable"
    assert replay(stack, *unavailable).startswith("1200 replayed")
    assert replayed(stack) == [str(number) for number in range(1_200)]

    bury(stack, [Reason.UNAVAILABLE] * 3_000)
    killed = stack.start("replay", python("services.consumer.tools", "dead-letters", "replay", *unavailable))
    wait_until(lambda: stack.count("requests") > 1_200, "the first replayed records", 60)
    killed.process.kill()
    killed.process.wait(10)
    replay(stack, *unavailable)
    keys = replayed(stack)[1_200:]
    assert set(keys) == {str(number) for number in range(3_000)}
    assert len(keys) <= 3_000 + 500

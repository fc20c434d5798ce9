"""Replays beside a real broker: what is sent, what stays for a later run, and what is lost, which is nothing."""

import dataclasses

import pytest

from embedded.processes import python
from petalstream import broker
from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Fault, Reason
from tests.operator import bury, commit, replay, replayed, tools
from tests.records import Record, flower
from tests.stack import Stack

REJECTED = ("--reason", "rejected")


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
    commit(stack, f"{stack.settings.consumer_group}.replay.rejected", "iris.dead-letters", {0: 1_000})
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


def test_a_record_is_replayed_a_limited_number_of_times_unless_the_operator_asks_for_it_again(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED], headers=[("replay_count", b"5")])
    bury(stack, [Reason.REJECTED], headers=[("replay_count", b"4")])
    told = replay(stack)
    limit = "replayed 5 times already; --again replays it all the same"
    assert told == f"1 replayed, 1 cannot be replayed ({limit}), 0 passed over"
    assert replay(stack).startswith("0 replayed, 0 cannot be replayed")
    assert replay(stack, "--again").startswith("2 replayed")
    counts = [dict(record.headers)["replay_count"] for record in broker.read_topic(stack.servers, "iris.requests")]
    assert counts == [b"5", b"6", b"5"]
    stack.settings = dataclasses.replace(stack.settings, dead_letter_replays=0)
    bury(stack, [Reason.REJECTED], headers=[("replay_count", b"1000")])
    assert replay(stack).startswith("1 replayed")


def test_a_replay_opens_a_few_connections_whatever_the_number_of_reasons_and_partitions(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    bury(stack, list(Reason))
    command = python("services.consumer.tools", "dead-letters", "replay")
    assert stack.start("replay", command, log_level="DEBUG").process.wait(60) == 0
    log = stack.log("replay").read_text()
    assert f"\n{len(Reason)} replayed" in log
    # To the address that is configured and to the broker: of a reader, of an admin client and of the model's producer,
    # which has one more to the coordinator of its transactions.
    assert 0 < log.count("Connection made") <= 7

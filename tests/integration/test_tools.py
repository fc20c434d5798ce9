"""The operator's tools beside a real broker: what went wrong is seen, sent again, and scored once it is mended."""

import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from embedded import ports
from embedded.processes import ROOT, end, python
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Reason
from petalstream.schema import Fault
from tests.records import Record, flower
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("kafka")


def tools(stack: Stack, *arguments: str, exit_code: int = 0, **overrides: object) -> str:
    """What a command prints; on standard error where it should fail."""
    command = python("services.consumer.tools", *arguments)
    ran = subprocess.run(
        command, cwd=ROOT, env=stack.environment(**overrides), capture_output=True, text=True, timeout=60
    )
    print(" ".join(arguments), ran.stdout, ran.stderr, sep="\n")
    assert ran.returncode == exit_code
    if exit_code == 0:
        assert ran.stderr == ""
    return ran.stderr if exit_code else ran.stdout


def replay(stack: Stack, *arguments: str) -> str:
    """The line in which a replay sums itself up."""
    return tools(stack, "dead-letters", "replay", *arguments).splitlines()[-1]


def write(stack: Stack, messages: Iterable[Message]) -> list[tuple[int, int]]:
    """Write messages, one after the other; the partition and offset of each."""
    producer = broker.new_producer(stack.servers, 10)
    try:
        taken = [broker.send(producer, message).get(timeout=20) for message in messages]
    finally:
        broker.close_producer(producer, 5)
    return [(metadata.partition, metadata.offset) for metadata in taken]


def bury(stack: Stack, reasons: Sequence[Reason], value: bytes | None = b"{}") -> None:
    """Write a dead letter of Iris for each of `reasons`, all in partition 0 and with their numbers as keys."""
    broker.create_topics(stack.servers, "iris", 1)
    records = [Record(offset=number, key=str(number).encode(), value=value) for number in range(len(reasons))]
    faults = [Fault(reason, f"it is {reason}") for reason in reasons]
    write(stack, [write_dead_letter(record, fault, 1) for record, fault in zip(records, faults, strict=True)])


def replayed(stack: Stack) -> list[str]:
    """The keys of Iris' requests, in order."""
    return [(record.key or b"").decode() for record in broker.read_topic(stack.servers, "iris.requests")]


def published(stack: Stack, *names: str) -> Path:
    """A models folder where Iris stands under these names."""
    folder = stack.folder / "-".join(names)
    for name in names:
        shutil.copytree(stack.settings.models_dir / "iris", folder / name)
    return folder


def test_records_of_an_unknown_model_are_listed_and_come_back_as_predictions_once_it_is_published(stack: Stack) -> None:
    assert tools(stack, "dead-letters", "list") == "no dead letters: no model has a topic for them yet\n"
    assert tools(stack, "lag") == "no topic of requests yet\n"
    api = stack.start_api(models_dir=published(stack, "iris"))
    broker.create_topics(stack.servers, "rose", 2)
    good = [Message("rose.requests", str(number).encode(), flower(), [("expected", b"setosa")]) for number in range(9)]
    write(stack, [*good, Message("rose.requests", b"bad", b"\xff\x1b[31m", [])])
    assert tools(stack, "lag").splitlines()[-1].split() == ["total", "10"]
    consumer = stack.consume()
    wait_until(lambda: broker.record_count(stack.servers, "rose.dead-letters") == 10, "the dead letters", 60)

    listed = tools(stack, "dead-letters", "list", "--last", "10")
    assert listed.startswith("rose: 10 dead letters\n  unknown_model  9\n  undecodable    1\n")
    assert "there is no model 'rose'; served are iris" in listed
    assert r"b'\xff\x1b[31m'" in listed
    assert "\x1b" not in listed
    end(consumer.process)
    assert tools(stack, "lag").splitlines()[-1].split() == ["total", "0"]

    end(api.process)
    stack.start_api(models_dir=published(stack, "iris", "rose"))
    assert replay(stack, "--reason", "unknown_model") == "9 replayed, 0 cannot be replayed, 0 passed over"
    assert tools(stack, "lag").splitlines()[-1].split() == ["total", "9"]
    stack.consume()
    wait_until(lambda: broker.record_count(stack.servers, "rose.predictions") == 9, "the predictions", 60)
    for record in broker.read_topic(stack.servers, "rose.predictions"):
        assert dict(record.headers)["expected"] == b"setosa"


def test_a_second_run_begins_where_the_last_one_of_that_reason_ended(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED, Reason.TOO_LARGE, Reason.REJECTED, Reason.UNAVAILABLE])
    assert replay(stack, "--reason", "rejected").startswith("2 replayed")
    assert replayed(stack) == ["0", "2"]
    assert replay(stack, "--reason", "rejected").startswith("0 replayed")
    bury(stack, [Reason.REJECTED])
    assert replay(stack, "--reason", "rejected").startswith("1 replayed")
    assert replay(stack).startswith("2 replayed")
    assert replayed(stack) == ["0", "2", "0", "1", "3"]
    assert replay(stack).startswith("0 replayed")
    assert replay(stack, "--again", "--reason", "unavailable").startswith("1 replayed")


def test_a_dry_run_says_what_would_be_sent_and_neither_sends_nor_keeps_progress(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED, Reason.TOO_LARGE, Reason.REJECTED])
    told = tools(stack, "dead-letters", "replay", "--dry-run").splitlines()
    assert told[0].split() == ["iris", "rejected", "2"]
    assert told[1].split() == ["iris", "too_large", "1"]
    assert told[2] == "3 would be replayed, 0 cannot be replayed, 0 passed over"
    assert replayed(stack) == []
    assert replay(stack).startswith("3 replayed")


def test_a_replayed_record_keeps_key_bytes_and_headers_and_counts_its_replays(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    own = [("traceparent", b"\x00"), ("replay_count", b"2")]
    record = Record(key=None, value=b"\xff\x00", headers=own)
    write(stack, [write_dead_letter(record, Fault(Reason.UNDECODABLE, "not JSON"), 0)])
    assert "replays: 2" in tools(stack, "dead-letters", "list")
    replay(stack)
    (found,) = broker.read_topic(stack.servers, "iris.requests")
    assert (found.key, found.value) == (None, b"\xff\x00")
    assert found.headers == [("traceparent", b"\x00"), ("replay_count", b"3")]


def test_what_times_and_offsets_leave_is_replayed_by_a_later_run_and_what_since_passes_over_with_again(
    stack: Stack,
) -> None:
    bury(stack, [Reason.REJECTED] * 6)
    (*_, last) = broker.read_topic(stack.servers, "iris.dead-letters")
    assert replay(stack, "--until", "2020-01-01").endswith("6 left for a later run")
    assert replay(stack, "--offset", "0:1-2", "--offset", "0:4").startswith("3 replayed")
    assert replayed(stack) == ["1", "2", "4"]
    told = replay(stack, "--since", "2999-01-01")
    assert told == "0 replayed, 0 cannot be replayed, 6 passed over (before --since; --again reaches them)"
    assert replay(stack).startswith("0 replayed")
    told = replay(stack, "--again", "--offset", f"0:{last.offset}")
    assert told == "1 replayed, 0 cannot be replayed, 0 passed over"
    assert replay(stack, "--again", "--since", "2020-01-01", "--until", "2999-01-01").startswith("6 replayed")


def test_what_cannot_be_replayed_is_counted_with_the_reason_why_and_strangers_records_stop_nothing(
    stack: Stack,
) -> None:
    bury(stack, [Reason.REJECTED])
    lost = write_dead_letter(Record(value=None, key=None), Fault(Reason.TOMBSTONE, "a tombstone"), 0)
    hostile = write_dead_letter(Record(key=b"x"), Fault(Reason.REJECTED, "\x1b[2J"), 0)
    elsewhere = [(name, b"rose.requests" if name == "dead_letter_topic" else value) for name, value in hostile.headers]
    write(
        stack,
        [
            lost,
            Message("iris.dead-letters", b"x", b"{}", elsewhere),
            Message("iris.dead-letters", b"x", b"{}", [("dead_letter_reason", b"rejected")]),
            Message("iris.dead-letters", None, b"no headers", []),
            Message("iris.dead-letters", b"only a key", None, []),
        ],
    )
    listed = tools(stack, "dead-letters", "list")
    assert "(not ours)" in listed
    assert "\\x1b[2J" in listed
    assert "\x1b" not in listed
    told = tools(stack, "dead-letters", "replay")
    assert told.splitlines()[-2] == "no dead letters of ours, or not readable: 3"
    assert told.splitlines()[-1].startswith("1 replayed, 2 cannot be replayed (1: ")
    assert "1: the request's bytes are not in the dead letter" in told
    assert "1: the header dead_letter_topic is not the model's request topic" in told
    assert replayed(stack) == ["0"]
    assert replay(stack).startswith("0 replayed, 0 cannot be replayed")


def test_a_record_that_the_broker_refuses_is_named_and_progress_stays_before_it(stack: Stack) -> None:
    bury(stack, [Reason.TOO_LARGE, Reason.REJECTED])
    bury(stack, [Reason.TOO_LARGE], flower() + b" " * 1_500_000)
    bury(stack, [Reason.REJECTED])
    told = tools(stack, "dead-letters", "replay", exit_code=1)
    assert told.startswith("iris.dead-letters[0]@2 was refused: its 1500")
    assert sorted(replayed(stack)) == ["0", "0", "1"]
    tools(stack, "dead-letters", "replay", exit_code=1)
    assert len(replayed(stack)) == 3
    assert replay(stack, "--since", "2999-01-01").startswith("0 replayed, 0 cannot be replayed, 1 passed over")
    assert replay(stack).startswith("0 replayed")


def test_progress_in_an_earlier_topic_of_the_same_name_hides_nothing(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED] * 3)
    broker.commit_offsets(stack.servers, "petalstream.replay.rejected", "iris.dead-letters", {0: 1_000})
    assert replay(stack).startswith("3 replayed")
    assert replay(stack).startswith("0 replayed")


def test_more_than_a_batch_is_replayed_in_order_each_record_once(stack: Stack) -> None:
    bury(stack, [Reason.UNAVAILABLE] * 1_200)
    assert replay(stack).startswith("1200 replayed")
    assert replayed(stack) == [str(number) for number in range(1_200)]


def test_a_replay_that_is_killed_and_run_again_loses_none(stack: Stack) -> None:
    bury(stack, [Reason.UNAVAILABLE] * 3_000)
    killed = stack.start("replay", python("services.consumer.tools", "dead-letters", "replay"))
    wait_until(lambda: stack.count("requests") > 0, "the first replayed records", 60)
    killed.process.kill()
    killed.process.wait(10)
    replay(stack)
    keys = replayed(stack)
    assert set(keys) == {str(number) for number in range(3_000)}
    assert len(keys) <= 3_000 + 500


def test_an_unknown_model_and_a_broker_that_does_not_answer_are_told_in_one_line(stack: Stack) -> None:
    bury(stack, [Reason.REJECTED])
    told = tools(stack, "dead-letters", "list", "--model", "rose", exit_code=2)
    assert told == "Error: Invalid value for --model: 'rose' has no dead letters; models that have a topic: iris\n"
    nowhere = f"127.0.0.1:{ports.free_port()}"
    told = tools(stack, "lag", exit_code=1, kafka_bootstrap_servers=nowhere)
    assert told.startswith(f"Error: the broker at {nowhere} (KAFKA_BOOTSTRAP_SERVERS): ")
    assert len(told.splitlines()) == 1


def test_ctrl_c_ends_a_command_without_a_stack_trace(stack: Stack) -> None:
    nowhere = f"127.0.0.1:{ports.free_port()}"
    waiting = stack.start(
        "tools", python("services.consumer.tools", "lag"), kafka_bootstrap_servers=nowhere, log_level="DEBUG"
    )
    wait_until(lambda: "kafka" in stack.log("tools").read_text(), "the command to look for the broker", 30)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.process.wait(10) == 130
    assert "Traceback" not in stack.log("tools").read_text()

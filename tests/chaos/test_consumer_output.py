"""What the consumer prints: to a full disk, to a reader that stops, without personal data, of any timestamp."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from embedded.processes import Child, python
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from petalstream.settings import ConsumerPrint, LogLevel
from tests.chaos.stream import numbered, reached, write
from tests.stack import FLOWER, Stack, confluent_in_long_runs

pytestmark = pytest.mark.timeout(240)
SECONDS, STOP_SECONDS = 60, 10
# Lines of 2,000 characters: more than a pipe and the consumer's queue hold.
MANY = 3_000
LONG = [Message("iris.requests", b"%d" % number, FLOWER, [("expected", b"x" * 1_900)]) for number in range(MANY)]


def consume(stack: Stack, redirection: str, **overrides: object) -> Child:
    """Start a consumer whose output the shell redirects."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *python("services.consumer")]
    return stack.start("consumer", command, consumer_instance_id="consumer", **overrides)


def log(stack: Stack) -> str:
    return stack.log("consumer").read_text()


def stop(consumer: Child) -> None:
    """Ask it to stop, and see it end in time without an error."""
    began = time.monotonic()
    consumer.process.send_signal(signal.SIGTERM)
    assert consumer.process.wait(2 * STOP_SECONDS) == 0
    assert time.monotonic() - began < STOP_SECONDS


def create_unbounded_topic(stack: Stack, topic: str) -> None:
    """Create a topic that takes records of any timestamp, as those of broker.create_topics() do not."""
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    try:
        admin.create_topics({topic: {"num_partitions": stack.settings.topic_partitions}}, wait_for_metadata=True)
    finally:
        admin.close()


class Fifo:
    """A pipe with a name, and its reader."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path, self.lines = path, 0
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> None:
        """Read what is there, and count its lines."""
        try:
            while found := os.read(self._reader, 1_000_000):
                self.lines += found.count(b"\n")
        except BlockingIOError:
            pass

    def close(self) -> None:
        """End the reader."""
        if self._reader >= 0:
            os.close(self._reader)
        self._reader = -1


@contextmanager
def fifo(stack: Stack) -> Iterator[Fifo]:
    """A pipe that nothing reads until read() is called."""
    found = Fifo(stack.folder / "fifo")
    try:
        yield found
    finally:
        found.close()


@confluent_in_long_runs
def test_the_stream_goes_on_while_standard_output_is_a_full_disk(stack: Stack) -> None:
    stack.use_shared_api()
    consumer = consume(stack, ">/dev/full")
    for first in (0, 20):
        write(stack, numbered(20, first))
        reached(stack, first + 20, SECONDS)
    stop(consumer)
    assert log(stack).count("standard output cannot be written (No space left on device)") == 1
    assert "standard output: 40 lines were not written" in log(stack)
    assert (stack.count("predictions"), stack.summary().complete) == (40, True)


@confluent_in_long_runs
def test_a_reader_that_stops_and_then_ends_delays_no_record_and_is_told_what_it_missed(stack: Stack) -> None:
    stack.use_shared_api()
    with fifo(stack) as output:
        consumer = consume(stack, f">{output.path}")
        write(stack, LONG)
        reached(stack, MANY, SECONDS)
        assert log(stack).count("standard output cannot be written (nothing reads it)") == 1

        def has_read(lines: int) -> bool:
            output.read()
            return "standard output is written again" in log(stack) and output.lines >= lines

        wait_until(lambda: has_read(0), "the lines that were kept", SECONDS)
        output.read()
        kept = output.lines
        assert f"{MANY - kept} lines were dropped" in log(stack)
        stack.write(numbered(1, MANY))
        wait_until(lambda: has_read(kept + 1), "a line after the reader is back", SECONDS)

        output.close()
        stack.write(numbered(20, MANY + 1))
        reached(stack, MANY + 21, SECONDS)
        wait_until(lambda: log(stack).count("(Broken pipe)") == 1, "a line about the reader", SECONDS)
        stop(consumer)
    assert stack.summary().complete


@confluent_in_long_runs
def test_a_stop_does_not_wait_for_a_reader_of_both_outputs_that_stopped(stack: Stack) -> None:
    stack.use_shared_api()
    with fifo(stack) as output:
        consumer = consume(stack, f">{output.path} 2>&1", log_level=LogLevel("DEBUG"))
        write(stack, LONG)
        reached(stack, MANY, SECONDS)
        stop(consumer)
    assert stack.summary().complete


@confluent_in_long_runs
@pytest.mark.parametrize("shown", ConsumerPrint)
def test_no_line_at_any_level_has_a_records_values_unless_features_are_asked_for(
    stack: Stack, shown: ConsumerPrint
) -> None:
    stack.use_shared_api()
    good = FLOWER.replace(b"5.1", b"5.123456")
    bad = FLOWER.replace(b"5.1", b'"Jane Doe"')
    headers = [("expected", b"John Doe"), ("patient", b"Joan Doe")]
    consumer = consume(stack, "", log_level=LogLevel("DEBUG"), consumer_print=shown)
    write(stack, [Message("iris.requests", b"Jim Doe", value, headers) for value in (good, bad, b"Jean Doe")])
    reached(stack, 3, SECONDS)
    stop(consumer)
    found = log(stack)
    assert (stack.count("predictions"), stack.count("dead-letters")) == (1, 2)
    assert [line.count("  ->  ") for line in found.splitlines()].count(1) == (0 if shown == ConsumerPrint.NONE else 3)
    if shown == ConsumerPrint.FEATURES:
        assert "sepal_length=5.123456" in found
    else:
        assert [word for word in ("5.123456", "Doe") if word in found] == []


@confluent_in_long_runs
def test_a_timestamp_that_gives_no_latency_is_neither_shown_nor_counted_as_one(stack: Stack) -> None:
    stack.use_shared_api()
    create_unbounded_topic(stack, "iris.requests")
    now = int(time.time() * 1000)
    odd = [now // 1000, now * 1000, now + 3_600_000, -1, 2**63 - 1]
    producer = broker.new_producer(stack.servers, 30)
    try:
        for timestamp in [now, *odd]:
            producer.send("iris.requests", FLOWER, b"1", timestamp_ms=timestamp).get(timeout=30)
    finally:
        broker.close_producer(producer, 5)
    consumer = consume(stack, "")
    reached(stack, 1 + len(odd), SECONDS)
    stop(consumer)
    lines = [line for line in log(stack).splitlines() if "  ->  setosa" in line]
    assert (len(lines), log(stack).count("version 1, no latency: the record")) == (1 + len(odd), len(odd))
    summary = stack.summary()
    assert (summary.predicted, summary.untimed) == (1 + len(odd), len(odd))
    assert summary.p50 is not None
    assert 0 <= summary.p50 < 120_000

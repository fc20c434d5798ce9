"""A producer without a pause between two records, whose broker goes away: it waits, within a bound of memory."""

import re
import signal
import time
from pathlib import Path

import pytest

from embedded.processes import Child
from embedded.waiting import wait_until
from petalstream import broker
from tests.length import Length
from tests.stack import Stack, confluent_in_long_runs

pytestmark = pytest.mark.timeout(180)
SECONDS = 60
STOP_SECONDS = 10
MOST_MIB = 200  # the container has 256


@confluent_in_long_runs
def test_a_producer_waits_for_its_broker_in_bounded_memory_and_counts_what_became_of_each_record(
    stack: Stack, length: Length
) -> None:
    producer = _streaming(stack)
    before = _mib(producer)
    with stack.broker.paused():
        wait_until(lambda: "the producer waits" in _log(stack), "the producer to say that it waits", SECONDS)
        waiting = _mib(producer)
        _watch(producer, length.seconds(short=3, full=40))
        after = _mib(producer)
    print(f"{before:.0f} MiB, {waiting:.0f} MiB when it waits, {after:.0f} MiB later")
    assert after < MOST_MIB
    assert after - waiting < 8
    wait_until(lambda: "the producer goes on" in _log(stack), "the producer to go on", SECONDS)
    sent = stack.count("requests")
    wait_until(lambda: stack.count("requests") > sent, "more records", SECONDS)
    assert _stop(producer) == 0
    assert _report(stack) == (stack.count("requests"), stack.count("requests"), 0)
    ids = [dict(record.headers)["ce_id"] for record in broker.read_topic(stack.servers, "iris.requests")]
    assert len(ids) == len(set(ids)) == stack.count("requests")


@pytest.mark.long
@confluent_in_long_runs
def test_a_producer_that_waits_stops_in_time_and_says_what_is_unknown(stack: Stack) -> None:
    producer = _streaming(stack)
    stack.processes.forget(producer)
    with stack.broker.paused():
        wait_until(lambda: "the producer waits" in _log(stack), "the producer to say that it waits", SECONDS)
        began = time.monotonic()
        assert _stop(producer) == 1
        assert time.monotonic() - began < STOP_SECONDS
    assert ("Traceback" in _log(stack), "Thread 0x" in _log(stack)) == (False, False)
    sent, acknowledged, failed = _report(stack)
    assert 0 < acknowledged < sent
    assert failed == 0
    assert acknowledged <= stack.count("requests") <= sent


def _streaming(stack: Stack) -> Child:
    producer = stack.produce(producer_loop=True, producer_interval=0)
    wait_until(lambda: stack.count("requests") > 1_000, "a thousand records", SECONDS)
    return producer


def _watch(producer: Child, seconds: float) -> None:
    """See the producer running for so long."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end or producer.process.poll() is not None, "time to pass", seconds + 1)
    assert producer.process.poll() is None


def _stop(producer: Child) -> int:
    producer.process.send_signal(signal.SIGTERM)
    return producer.process.wait(2 * STOP_SECONDS)


def _log(stack: Stack) -> str:
    return stack.log("producer").read_text()


def _report(stack: Stack) -> tuple[int, ...]:
    """The numbers sent, acknowledged and failed."""
    (found,) = re.findall(r"(\d+) sent, (\d+) acknowledged, (\d+) failed", _log(stack))
    return tuple(map(int, found))


def _mib(child: Child) -> float:
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{child.process.pid}/status").read_text())
    return int(kilobytes) / 1024

"""The consumer ends in mid-stream, without and with a warning, again and again."""

import signal
import time

import pytest

from petalstream.settings import Delivery
from tests.chaos.conftest import Chaos
from tests.chaos.stream import SECONDS, committed, numbered, reached, write, write_on
from tests.stack import confluent_in_long_runs, ways

pytestmark = pytest.mark.timeout(3600)
BATCH = 100
KILL_BATCH = 20
AHEAD = 10_000  # more than a consumer does from its start until it is known to have begun


def kill_repeatedly(chaos: Chaos, kills: int, delivery: str) -> None:
    """Kill the consumer at random moments, each time further in the stream, and let it finish."""
    records = chaos.length.count(short=AHEAD, full=20_000)
    chaos.stack.use_shared_api()
    write(chaos.stack, numbered(records))
    for moment in sorted(chaos.chance.sample(range(records // 2), kills)):
        records = write_on(chaos.stack, records, AHEAD)
        before = committed(chaos.stack)
        consumer = chaos.stack.consume(delivery=delivery, consumer_batch_records=KILL_BATCH)
        reached(chaos.stack, max(moment, before + 1))
        time.sleep(chaos.chance.uniform(0, 0.1))  # anywhere in a batch, and not just after a commit
        chaos.stack.kill(consumer)
        assert committed(chaos.stack) < records
    chaos.note(f"{kills} kills in {records} records")
    chaos.stack.consume(delivery=delivery)
    reached(chaos.stack, records, SECONDS * chaos.length.scale)


@confluent_in_long_runs
def test_a_killed_consumer_loses_nothing_and_repeats_at_most_a_batch_a_kill(chaos: Chaos) -> None:
    kills = chaos.length.count(short=1, full=20)
    kill_repeatedly(chaos, kills, "at-least-once")
    assert chaos.reconcile().duplicates <= kills * KILL_BATCH


def test_exactly_once_a_killed_consumer_loses_nothing_and_repeats_nothing(chaos: Chaos) -> None:
    kill_repeatedly(chaos, chaos.length.count(short=1, full=20), "exactly-once")
    assert chaos.reconcile().duplicates == 0


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_consumer_asked_to_stop_in_mid_batch_ends_well_within_10_seconds_and_repeats_nothing(
    chaos: Chaos, delivery: str
) -> None:
    chaos.stack.use_shared_api()
    stops, records = chaos.length.count(short=1, full=10), chaos.length.count(short=2 * AHEAD, full=30_000)
    slowest = 0.0
    write(chaos.stack, numbered(records))
    for _ in range(stops):
        records = write_on(chaos.stack, records, 2 * AHEAD)
        before = committed(chaos.stack)
        consumer = chaos.stack.consume(delivery=delivery, consumer_batch_records=BATCH)
        reached(chaos.stack, before + 1)
        time.sleep(chaos.chance.uniform(0, 0.2))  # anywhere in a batch
        began = time.monotonic()
        consumer.process.send_signal(signal.SIGTERM)
        assert consumer.process.wait(20) == 0
        slowest = max(slowest, time.monotonic() - began)
        assert committed(chaos.stack) < records
    chaos.note(f"{stops} stops, the slowest took {slowest:.1f} s, in {records} records")
    assert slowest < 10
    chaos.stack.consume(delivery=delivery)
    reached(chaos.stack, records, SECONDS * chaos.length.scale)
    assert chaos.reconcile().duplicates == 0

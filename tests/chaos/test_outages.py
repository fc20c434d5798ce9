"""What the consumer and the producer need goes away in mid-stream, and comes back."""

import signal
import time
from collections import defaultdict

import pytest

from petalstream import broker
from petalstream.settings import Delivery
from tests.brokers import paused
from tests.chaos.conftest import Chaos
from tests.chaos.stream import committed, members, numbered, owners, reached, write, write_on
from tests.stack import confluent_in_long_runs, ways

pytestmark = pytest.mark.timeout(3600)
BATCH, AHEAD = 100, 20_000


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_an_api_that_is_killed_and_comes_back_costs_no_record_and_no_membership(chaos: Chaos, delivery: str) -> None:
    api, records = chaos.stack.start_api(), AHEAD
    write(chaos.stack, numbered(records))
    chaos.stack.consume(delivery=delivery, consumer_batch_records=BATCH)
    reached(chaos.stack, 1)
    member = members(chaos.stack)["consumer"]
    outages = chaos.length.count(short=1, full=2)
    for _ in range(outages):
        before = committed(chaos.stack)
        chaos.stack.kill(api)
        time.sleep(chaos.length.seconds(short=3, full=10))  # this is the outage
        stood, owned = committed(chaos.stack), members(chaos.stack)
        assert stood < records
        assert owned == {"consumer": member}
        records = write_on(chaos.stack, records, AHEAD)
        api = chaos.stack.start_api()
        reached(chaos.stack, stood + 1)
        chaos.note(f"api away at {before}")
    reached(chaos.stack, records)
    assert members(chaos.stack) == {"consumer": member}
    summary = chaos.reconcile()
    assert (summary.dead_lettered, summary.duplicates) == (0, 0)
    log = chaos.stack.log("consumer").read_text()
    assert log.count("the lane waits for the api") == log.count("iris: the lane goes on after") == outages


@pytest.mark.own_broker
@ways(short=Delivery.EXACTLY_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_broker_killed_in_mid_stream_costs_no_record_and_keeps_each_key_in_order(chaos: Chaos, delivery: str) -> None:
    chaos.stack.use_shared_api()
    chaos.stack.consume(delivery=delivery, consumer_batch_records=BATCH)
    producer = chaos.stack.produce(producer_loop=True, producer_interval=0.002)
    # Back at once, and after longer than the consumer's clients wait for anything.
    for outage in ((0, 20) if chaos.length.is_full else (0,)) * chaos.length.scale:
        reached(chaos.stack, committed(chaos.stack) + 500)
        time.sleep(chaos.chance.uniform(0, 0.5))  # at any moment of the stream
        chaos.stack.broker.kill()
        time.sleep(outage)
        chaos.stack.broker.start()
        reached(chaos.stack, committed(chaos.stack) + 500)
    producer.process.send_signal(signal.SIGTERM)
    assert producer.process.wait(20) == 0
    sent = chaos.stack.count("requests")
    assert f"{sent} sent, {sent} acknowledged, 0 failed" in chaos.stack.log("producer").read_text()
    reached(chaos.stack, sent)
    summary = chaos.reconcile()
    assert summary.dead_lettered == 0
    assert delivery == "at-least-once" or summary.duplicates == 0
    assert in_order(chaos)


def in_order(chaos: Chaos) -> bool:
    """Whether the requests of each key stand in the topic in the order in which they were made."""
    made = defaultdict(list)
    for record in broker.read_topic(chaos.stack.servers, "iris.requests"):
        made[record.key].append(dict(record.headers)["ce_time"] or b"")
    return len(made) == 30 and all(times == sorted(times) for times in made.values())


@pytest.mark.long
@confluent_in_long_runs
def test_consumers_that_come_and_go_share_every_partition_and_lose_nothing(chaos: Chaos) -> None:
    chaos.stack.use_shared_api()
    producer = chaos.stack.produce(producer_loop=True, producer_interval=0.002)
    for _ in range(chaos.length.scale):
        chaos.stack.consume("one", consumer_batch_records=BATCH)
        reached(chaos.stack, 1)
        owners(chaos.stack, ["one"], 30)
        others = [chaos.stack.consume(name, consumer_batch_records=BATCH) for name in ("two", "three")]
        owners(chaos.stack, ["one", "two", "three"], 30)
        reached(chaos.stack, committed(chaos.stack) + 1_000)
        began = time.monotonic()
        for other in others:
            other.process.send_signal(signal.SIGTERM)
            assert other.process.wait(20) == 0
        owners(chaos.stack, ["one"], 30)
        chaos.note(f"alone again after {time.monotonic() - began:.1f} s")
        reached(chaos.stack, committed(chaos.stack) + 1_000)
    producer.process.send_signal(signal.SIGTERM)
    assert producer.process.wait(20) == 0
    reached(chaos.stack, chaos.stack.count("requests"))
    assert chaos.reconcile().dead_lettered == 0


@ways(short=Delivery.EXACTLY_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_consumer_that_slept_and_lost_its_partitions_commits_nothing_of_theirs(chaos: Chaos, delivery: str) -> None:
    chaos.stack.use_shared_api()
    producer = chaos.stack.produce(producer_loop=True, producer_interval=0.002)
    sleeper = chaos.stack.consume("sleeper", delivery=delivery, consumer_batch_records=BATCH)
    reached(chaos.stack, 1)
    chaos.stack.consume("other", delivery=delivery, consumer_batch_records=BATCH)
    owners(chaos.stack, ["sleeper", "other"], 30)
    for _ in range(chaos.length.scale):
        time.sleep(chaos.chance.uniform(0, 0.5))  # at any moment of the stream
        with paused(sleeper):
            owners(chaos.stack, ["other"], 60)
            reached(chaos.stack, committed(chaos.stack) + 1_000)
        owners(chaos.stack, ["sleeper", "other"], 60)
    producer.process.send_signal(signal.SIGTERM)
    assert producer.process.wait(20) == 0
    reached(chaos.stack, chaos.stack.count("requests"))
    summary = chaos.reconcile()
    assert summary.dead_lettered == 0
    assert summary.duplicates <= (BATCH * chaos.length.scale if delivery == "at-least-once" else 0)
    assert sleeper.process.poll() is None

"""Records that were deleted before they were scored, offsets that expired, topics that are created again."""

import signal
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, TopicPartition

from embedded.ports import free_port
from embedded.processes import Child
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from petalstream.settings import Delivery, KafkaClient
from tests.length import Length
from tests.stack import FLOWER, Stack, confluent_in_long_runs, ways

pytestmark = pytest.mark.timeout(240)
SECONDS = 60
REQUESTS, GROUP_EMPTY_SECONDS = TopicPartition("iris.requests", 0), 30


@contextmanager
def admin(stack: Stack) -> Iterator[KafkaAdminClient]:
    """An operator's client."""
    client = KafkaAdminClient(bootstrap_servers=stack.servers)
    try:
        yield client
    finally:
        client.close()


def delete_records(stack: Stack, before: int) -> None:
    """Have the broker delete what is before an offset, as retention does."""
    with admin(stack) as client:
        client.delete_records({REQUESTS: before})


def write(stack: Stack, count: int, first: int = 0) -> None:
    """Write flowers with their numbers as keys."""
    stack.write(Message("iris.requests", b"%d" % number, FLOWER, []) for number in range(first, first + count))


def predicted(stack: Stack) -> Counter[int]:
    """How often there is a prediction for each offset of the requests."""
    return Counter(
        int(dict(record.headers)["source_offset"] or b"-1")
        for record in broker.read_topic(stack.servers, "iris.predictions")
    )


def stop(consumer: Child) -> None:
    """Ask a consumer to stop, and wait for it."""
    consumer.process.send_signal(signal.SIGTERM)
    assert consumer.process.wait(SECONDS) == 0


def await_log(stack: Stack, text: str, name: str = "consumer") -> str:
    """Wait until a consumer has logged a text; the line."""
    wait_until(lambda: text in stack.log(name).read_text(), f"{text!r} in the log", SECONDS)
    return next(line for line in stack.log(name).read_text().splitlines() if text in line)


def metric(port: int, name: str) -> float:
    """The sum of a metric's series."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def one_partition(stack: Stack) -> Stack:
    """A stack whose topics have one partition."""
    stack.use_shared_api()
    broker.create_topics(stack.servers, "iris", 1)
    return stack


@confluent_in_long_runs
def test_records_that_were_deleted_while_no_consumer_ran_are_reported_and_counted(
    one_partition: Stack, kafka_client: KafkaClient
) -> None:
    stack = one_partition
    write(stack, 100)
    consumer = stack.consume()
    stack.await_predictions(100)
    stop(consumer)
    write(stack, 1_000, first=100)
    delete_records(stack, before=900)
    port = free_port()
    stack.consume(consumer_health_port=port)
    stack.await_predictions(300)
    line = await_log(stack, "iris.requests[0]: offsets 100 to 899 (800 records at most) were deleted before")
    assert " ERROR " in line
    assert metric(port, "petalstream_consumer_skipped_records_total") == 800
    assert sorted(predicted(stack)) == [*range(100), *range(900, 1_100)]


@pytest.mark.long
@confluent_in_long_runs
def test_records_that_were_deleted_while_their_lane_waited_are_reported(
    one_partition: Stack, kafka_client: KafkaClient, length: Length
) -> None:
    stack, records = one_partition, length.count(short=2_000, full=20_000)
    stack.settings = replace(stack.settings, consumer_batch_records=50)
    api_url = stack.settings.api_url
    without_api = {"api_url": f"http://127.0.0.1:{free_port()}", "consumer_models": "iris"}
    gone = stack.consume("gone", **without_api)
    write(stack, records)
    wait_until(lambda: "waits for the api" in stack.log("gone").read_text(), "the lane to wait", SECONDS)
    gone.process.send_signal(signal.SIGSTOP)
    delete_records(stack, before=records - 100)
    gone.process.send_signal(signal.SIGCONT)
    stop(gone)
    stack.consume(api_url=api_url)
    stack.await_predictions(100)
    await_log(stack, "were deleted before they were read")
    assert sorted(predicted(stack)) == list(range(records - 100, records))


def test_with_stop_a_topic_that_lost_records_is_not_read_and_the_others_are(one_partition: Stack) -> None:
    stack = one_partition
    write(stack, 100)
    consumer = stack.consume()
    stack.await_predictions(100)
    stop(consumer)
    write(stack, 100, first=100)
    delete_records(stack, before=150)
    consumer = stack.consume("stopped", consumer_lost_offsets="stop")
    await_log(stack, "With CONSUMER_LOST_OFFSETS=stop this topic is not read", "stopped")
    stop(consumer)
    assert len(predicted(stack)) == 100
    stack.consume("going-on", consumer_lost_offsets="continue")
    stack.await_predictions(150)
    assert sorted(predicted(stack)) == [*range(100), *range(150, 200)]


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_group_whose_offsets_expired_says_that_it_reads_again(one_partition: Stack, delivery: Delivery) -> None:
    stack = one_partition
    write(stack, 50)
    consumer = stack.consume(delivery=delivery)
    stack.await_predictions(50)
    stop(consumer)
    forget_offsets(stack)
    stack.consume("again", delivery=delivery)
    line = await_log(stack, "iris.requests[0]: the group's committed offset is gone", "again")
    assert "offsets 0 to 49 are read" in line
    wait_until(lambda: sum(predicted(stack).values()) == 100, "all predictions again", SECONDS)


def forget_offsets(stack: Stack) -> None:
    """Delete the group with its offsets, once its last member's session has ended, as the broker does after a week."""

    def deleted() -> bool:
        with admin(stack) as client:
            results: dict[str, str] = client.delete_groups([stack.settings.consumer_group])
            return set(results.values()) == {"OK"}

    wait_until(deleted, "the group to be deleted", GROUP_EMPTY_SECONDS)


@confluent_in_long_runs
def test_a_partition_that_is_read_for_the_first_time_is_no_loss(
    one_partition: Stack, kafka_client: KafkaClient
) -> None:
    stack = one_partition
    write(stack, 20)
    delete_records(stack, before=10)
    consumer = stack.consume()
    stack.await_predictions(10)
    stop(consumer)
    assert "deleted before" not in stack.log("consumer").read_text()
    stack.consume("next")
    await_log(stack, "waiting for records", "next")
    assert "ERROR" not in stack.log("next").read_text()


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_every_record_of_a_topic_that_is_created_again_has_an_outcome_with_an_id_of_its_own(
    one_partition: Stack, delivery: Delivery, length: Length
) -> None:
    stack = one_partition
    before, after = length.count(short=200, full=500), length.count(short=500, full=1_500)
    write(stack, before)
    consumer = stack.consume(delivery=delivery)
    stack.await_predictions(before)
    consumer.process.send_signal(signal.SIGSTOP)  # so that it meets the new topic with more records than it has read
    recreate(stack)
    write(stack, after, first=before)
    consumer.process.send_signal(signal.SIGCONT)

    def keys() -> set[bytes | None]:
        return {record.key for record in broker.read_topic(stack.servers, "iris.predictions")}

    wait_until(lambda: len(keys()) == before + after, "a prediction for each record of both topics", SECONDS)
    await_log(stack, "iris.requests[0]: the topic was deleted and created again")
    ids = [dict(record.headers)["ce_id"] for record in broker.read_topic(stack.servers, "iris.predictions")]
    assert len(set(ids)) == len(ids)


def recreate(stack: Stack) -> None:
    """Delete the topic of requests and create it again."""
    with admin(stack) as client:
        client.delete_topics(["iris.requests"])
        # The broker lists a topic for a moment after it was deleted, and none is created beside it.
        wait_until(lambda: "iris.requests" not in client.list_topics(), "the topic to be deleted", SECONDS)
    broker.create_topics(stack.servers, "iris", 1)

"""The four services as processes around a real Kafka."""

import functools
import re
import signal
import subprocess
import time

import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("kafka")
SECONDS = 60


def ended(process: "subprocess.Popen[bytes]", seconds: float = SECONDS) -> int:
    """The exit code of a process that should end by itself."""
    return process.wait(seconds)


def test_the_whole_test_set_comes_back_as_predictions(stack: Stack) -> None:
    stack.start_api()
    stack.consume()
    producer = stack.produce()
    assert ended(producer.process) == 0
    stack.await_predictions(30)
    summary = stack.summary()
    assert summary.complete
    assert (summary.sent, summary.predicted, summary.dead_lettered) == (30, 30, 0)
    assert summary.accuracy == pytest.approx(0.933, abs=0.001)
    assert "30 sent, 30 acknowledged, 0 failed" in stack.log("producer").read_text()
    shown = re.compile(
        r"^iris\.requests\[\d\]@\d+  sepal_length=.* -> +\w+ [\d.]+%  [✓✗] .*\(iris version 1, \d+ ms\)$"
    )
    lines = [line for line in stack.log("consumer").read_text().splitlines() if shown.match(line)]
    assert len(lines) == 30


def test_a_consumer_that_waits_for_the_first_topic_finds_it(stack: Stack) -> None:
    stack.start_api()
    stack.consume()
    wait_until(lambda: "waiting for records" in stack.log("consumer").read_text(), "the consumer", SECONDS)
    assert ended(stack.produce().process) == 0
    stack.await_predictions(30)


def test_a_consumer_stopped_in_the_stream_ends_in_time_and_the_next_goes_on_without_loss_or_duplicate(
    stack: Stack,
) -> None:
    stack.start_api()
    producer = stack.produce(producer_loop=True, producer_interval=0.005)
    for _ in range(3):
        consumer = stack.consume_more(100)
        began = time.monotonic()
        consumer.process.send_signal(signal.SIGTERM)
        assert ended(consumer.process, 20) == 0
        assert time.monotonic() - began < 10
    producer.process.send_signal(signal.SIGTERM)
    assert ended(producer.process, 20) == 0
    stack.consume()
    wait_until(lambda: stack.count("predictions") >= stack.count("requests"), "the rest of the predictions", SECONDS)
    assert stack.summary().complete
    assert stack.count("predictions") == stack.count("requests")


def test_a_consumer_killed_in_the_stream_loses_nothing(stack: Stack) -> None:
    stack.start_api()
    producer = stack.produce(producer_loop=True, producer_interval=0.005)
    for _ in range(3):
        consumer = stack.consume_more(100)
        consumer.process.kill()
        assert ended(consumer.process) == -signal.SIGKILL
    producer.process.send_signal(signal.SIGTERM)
    assert ended(producer.process, 20) == 0
    stack.consume()
    wait_until(lambda: not stack.summary().missing, "the rest of the predictions", SECONDS)


def test_while_the_api_is_away_nothing_is_committed_and_when_it_is_back_nothing_is_missing(stack: Stack) -> None:
    assert ended(stack.produce().process) == 0
    consumer = stack.consume()
    assert ended(consumer.process) == 1
    assert "did not answer" in stack.log("consumer").read_text()
    assert "Traceback" not in stack.log("consumer").read_text()
    stack.start_api()
    stack.consume()
    stack.await_predictions(30)
    assert stack.summary().complete


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (b"\xff", "not JSON in UTF-8"),
        (b'{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4}', "petal_width is missing"),
        (
            b'{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 1e999}',
            "petal_width must be a finite number",
        ),
    ],
)
def test_a_record_that_cannot_be_scored_is_named_and_not_passed_over(stack: Stack, value: bytes, fault: str) -> None:
    stack.start_api()
    assert ended(stack.produce().process) == 0
    spoil(stack, value)
    consumer = stack.consume()
    assert ended(consumer.process) == 1
    assert re.search(rf"iris\.requests\[\d\]@\d+: {fault}", stack.log("consumer").read_text())
    assert stack.count("predictions") == 0


def spoil(stack: Stack, value: bytes) -> None:
    """Write a record that cannot be scored."""
    producer = broker.new_producer(stack.settings.kafka_bootstrap_servers, 10)
    broker.send(producer, Message("iris.requests", b"bad", value, [])).get(timeout=20)
    producer.close(timeout=5)


def test_a_producer_without_a_model_says_so(stack: Stack) -> None:
    nowhere = stack.folder / "empty"
    producer = stack.produce(models_dir=nowhere)
    assert ended(producer.process) == 1
    assert f"no model in {nowhere}; run the trainer first" in stack.log("producer").read_text()


def test_a_wrong_setting_is_told_in_one_line_by_every_service(stack: Stack) -> None:
    for name, start in (("producer", stack.produce), ("consumer", stack.consume)):
        child = start(topic_partitions="many")
        assert ended(child.process) == 1
        told = stack.log(name).read_text()
        assert told == f"{name}: TOPIC_PARTITIONS must be a whole number of at least 1, not 'many'\n"


def test_a_consumer_whose_polls_are_shorter_than_a_join_gets_its_partitions_all_the_same(stack: Stack) -> None:
    servers = stack.settings.kafka_bootstrap_servers
    for model in ("alpha", "beta", "gamma"):
        consumer = broker.new_consumer(servers, model, model)
        consumer.subscribe(pattern=f"^{model}\\.requests$")
        consumer.poll(timeout_ms=1000)  # joins a group that has no topic yet
        broker.create_topics(servers, model, 6)
        wait_until(functools.partial(has_partitions, consumer), f"the partitions of {model}", SECONDS)
        consumer.close(autocommit=False, timeout_ms=1000)


def has_partitions(consumer: broker.KafkaConsumer) -> bool:
    """Whether the consumer has all six partitions after one more poll of 20 ms."""
    consumer.poll(timeout_ms=20)
    return len(consumer.assignment()) == 6

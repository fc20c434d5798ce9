"""The four services as processes around a real Kafka."""

import functools
import re
import signal
import subprocess
import time

import pytest
import requests
from kafka import KafkaAdminClient

from embedded.ports import free_port
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker.kafka_python import KafkaPython
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from tests.length import Length
from tests.members import Follower
from tests.stack import Stack

SECONDS = 60


def ended(process: "subprocess.Popen[bytes]", seconds: float = SECONDS) -> int:
    """The exit code of a process that should end by itself."""
    return process.wait(seconds)


def test_the_whole_test_set_comes_back_as_predictions(stack: Stack) -> None:
    stack.use_shared_api()
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
    stack.use_shared_api()
    stack.consume()
    wait_until(lambda: "waiting for records" in stack.log("consumer").read_text(), "the consumer", SECONDS)
    assert ended(stack.produce().process) == 0
    stack.await_predictions(30)


def test_a_consumer_stopped_in_the_stream_ends_in_time_and_the_next_goes_on_without_loss_or_duplicate(
    stack: Stack,
) -> None:
    stack.use_shared_api()
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
    stack.use_shared_api()
    producer = stack.produce(producer_loop=True, producer_interval=0.005)
    for _ in range(3):
        consumer = stack.consume_more(100)
        consumer.process.kill()
        assert ended(consumer.process) == -signal.SIGKILL
    producer.process.send_signal(signal.SIGTERM)
    assert ended(producer.process, 20) == 0
    stack.consume()
    wait_until(lambda: not stack.summary().missing, "the rest of the predictions", SECONDS)


def test_while_the_api_is_away_records_wait_and_a_stop_leaves_them(stack: Stack) -> None:
    assert ended(stack.produce().process) == 0
    consumer = stack.consume(consumer_models="iris")
    said = stack.log("consumer").read_text
    wait_until(lambda: "the lane waits for the api" in said(), "the consumer to say that it waits", SECONDS)
    consumer.process.send_signal(signal.SIGTERM)
    assert ended(consumer.process, 10) == 0
    assert "Traceback" not in said()
    stack.use_shared_api()
    stack.consume()
    stack.await_predictions(30)
    assert (stack.summary().missing, stack.summary().duplicates, stack.summary().dead_lettered) == ([], 0, 0)


def test_only_where_a_bound_is_set_do_records_stop_waiting_for_the_api(stack: Stack) -> None:
    assert ended(stack.produce().process) == 0
    stack.consume(consumer_give_up_seconds=1, consumer_models="iris")
    wait_until(lambda: stack.count("dead-letters") == 30, "30 dead letters", SECONDS)
    letters = [DeadLetter.read(record) for record in broker.read_topic(stack.servers, "iris.dead-letters")]
    assert {letter.reason for letter in letters} == {"unavailable"}
    assert "cannot be reached: [Errno 111] Connection refused" in letters[0].message


def test_what_became_of_the_records_is_counted_for_prometheus(stack: Stack) -> None:
    stack.use_shared_api()
    assert ended(stack.produce().process) == 0
    stack.write([Message("iris.requests", b"bad", b"{", [])])
    port = free_port()
    stack.consume(consumer_health_port=port)
    wait_until(lambda: not stack.summary().missing, "all outcomes", SECONDS)
    counted = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    assert 'petalstream_consumer_predictions_total{model="iris"} 30.0' in counted
    assert 'petalstream_consumer_dead_letters_total{model="iris",reason="undecodable"} 1.0' in counted
    assert 'petalstream_consumer_dead_letters_total{model="iris",reason="corrupt"} 0.0' in counted


def test_a_record_that_the_broker_refuses_is_named_by_the_producer_which_then_fails(stack: Stack) -> None:
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    small = {"num_partitions": 1, "configs": {"max.message.bytes": "200"}}
    admin.create_topics({"iris.requests": small}, wait_for_metadata=True)
    admin.close()
    producer = stack.produce()
    assert ended(producer.process) == 1
    log = stack.log("producer").read_text()
    assert "30 sent, 0 acknowledged, 30 failed" in log
    assert len(re.findall(r"record with key b'\d+' was not taken into iris.requests: ", log)) == 30


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


def test_a_consumer_whose_polls_are_shorter_than_a_join_gets_its_partitions_all_the_same(
    stack: Stack, length: Length
) -> None:
    servers = stack.settings.kafka_bootstrap_servers
    for model in ("alpha", "beta", "gamma")[: length.count(short=1, full=3)]:
        consumer = KafkaPython().consumer(servers, model, model, SECONDS)
        consumer.subscribe([f"{model}.requests"], Follower())
        consumer.poll(1, 1)  # joins a group that has no topic yet
        broker.create_topics(servers, model, 6)
        wait_until(functools.partial(has_partitions, consumer), f"the partitions of {model}", SECONDS)
        consumer.close(1)


def has_partitions(consumer: Consumer) -> bool:
    """Whether the consumer has all six partitions after one more poll of 20 ms."""
    consumer.poll(0.02, 1)
    return len(consumer.client.assignment()) == 6

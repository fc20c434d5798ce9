"""A topic of requests that the consumer cannot read: the others are read, and the log names it."""

import sys

import confluent_kafka
import psutil
import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.settings import KafkaClient
from tests.chaos.test_refused_topic import AUTHORIZER
from tests.integration.test_followed_models import await_predictions, send
from tests.integration.test_unreadable import compressing, corrupt, everything_back, flowers, write
from tests.length import long_except
from tests.stack import Stack, confluent_in_long_runs

SECONDS = 60
MODELS = {"consumer_models": "iris,rose"}
MEBIBYTE = 1024 * 1024


def create(stack: Stack, topic: str) -> None:
    """Create a topic as others do, which keeps the compression of its producers."""
    admin = AdminClient({"bootstrap.servers": stack.servers})
    admin.create_topics([NewTopic(topic, 1)])[topic].result(SECONDS)


def await_logged(stack: Stack, text: str) -> None:
    """Wait until the consumer's log has the text."""
    wait_until(lambda: text in stack.log("consumer").read_text(), f"the consumer to log {text!r}", SECONDS)


@pytest.mark.own_broker
@confluent_in_long_runs
@pytest.mark.parametrize("denied", long_except(["READ"], ["READ", "DESCRIBE"]))
def test_a_topic_without_permission_stops_no_other(stack: Stack, denied: str) -> None:
    stack.broker.kill()
    stack.broker.start(AUTHORIZER)
    send(stack, "rose")
    rule = ResourceType.TOPIC, "rose.requests", ResourcePatternType.LITERAL, "User:ANONYMOUS", "*"
    rules = [
        AclBinding(*rule, AclOperation.ALL, AclPermissionType.ALLOW),
        AclBinding(*rule, AclOperation[denied], AclPermissionType.DENY),
    ]
    admin = AdminClient({"bootstrap.servers": stack.servers})
    for added in admin.create_acls(rules).values():
        added.result(SECONDS)
    stack.use_shared_api()
    consumer = stack.consume(**MODELS)
    await_logged(stack, "other topics are read on, and this one is tried again after 30 s")
    send(stack, "iris")
    await_predictions(stack, "iris")
    assert consumer.process.poll() is None
    assert "rose.requests cannot be read" in stack.log("consumer").read_text()


def test_a_topic_whose_codec_is_not_installed_stops_no_other(stack: Stack) -> None:
    create(stack, "rose.requests")
    compressing(stack, "lz4", "rose.requests")
    stack.use_shared_api()
    without = "import runpy, sys; sys.modules['cramjam'] = None; "
    command = [sys.executable, "-c", f"{without}runpy.run_module('services.consumer', run_name='__main__')"]
    consumer = stack.start("consumer", command, consumer_instance_id="consumer", **MODELS)
    await_logged(stack, "lz4 needs the package cramjam: pip install -c constraints.txt cramjam; other topics are read")
    send(stack, "iris")
    await_predictions(stack, "iris")
    assert consumer.process.poll() is None
    lags = broker.lags(stack.servers, stack.settings.consumer_group, r"rose\.requests")
    assert [lag.committed or 0 for lag in lags] == [0]


@confluent_in_long_runs
def test_a_topic_of_others_may_be_compressed_with_any_codec(stack: Stack) -> None:
    pytest.importorskip("cramjam", reason="the consumer's requirements install cramjam")
    create(stack, "iris.requests")
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        compressing(stack, codec)
    stack.use_shared_api()
    stack.consume()
    everything_back(stack, predicted=400, dead=0)


def send_bomb(stack: Stack, size: int) -> confluent_kafka.KafkaError | None:
    """Write one record of so many zeros, compressed to a thousandth; return the broker's error."""
    limits = {"message.max.bytes": 1_000_000_000, "compression.type": "gzip", "compression.level": 9}
    producer = confluent_kafka.Producer({"bootstrap.servers": stack.servers, **limits})
    errors: list[confluent_kafka.KafkaError | None] = []
    producer.produce("iris.requests", bytes(size), b"bomb", on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(SECONDS) == 0
    return errors[0]


def test_a_batch_that_unpacks_to_100_megabytes_becomes_a_dead_letter_in_bounded_memory(stack: Stack) -> None:
    if stack.settings.kafka_client != KafkaClient.KAFKA_PYTHON:
        pytest.skip("librdkafka has no bound; docs/guarantees.md says what it takes")
    create(stack, "iris.requests")
    stack.write(flowers(1))
    assert send_bomb(stack, 100_000_000) is None
    stack.write(flowers(1))
    stack.use_shared_api()
    process = psutil.Process(stack.consume().process.pid)
    most = 0

    def is_over() -> bool:
        nonlocal most
        most = max(most, process.memory_info().rss)
        return stack.count("predictions") == 2 and stack.count("dead-letters") == 1

    wait_until(is_over, "two predictions and a dead letter", SECONDS)
    (letter,) = corrupt(stack)
    assert "bytes of gzip are not unpacked into 32 MiB: they are more" in letter.message
    assert most < 200 * MEBIBYTE
    print(f"at most {most // MEBIBYTE} MiB")


def test_a_topic_that_we_create_refuses_such_a_batch_to_its_sender(stack: Stack) -> None:
    write(stack, flowers(1))
    error = send_bomb(stack, 20_000_000)
    assert error is not None
    assert error.code() == confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE
    assert stack.count("requests") == 1

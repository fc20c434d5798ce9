"""A real broker of each test's own, and the services as processes beside it."""

import dataclasses
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded import jars, node, ports
from embedded.demo import API, answers
from embedded.jars import JarError
from embedded.processes import Child, Processes, python
from embedded.summary import Summary
from embedded.waiting import wait_until
from petalstream import broker
from petalstream import settings as environment
from petalstream.bundle import Bundle
from petalstream.lifecycle import Stop
from petalstream.messages import Message
from petalstream.settings import Delivery, KafkaClient, Servers, Settings

START_SECONDS = 60
FLOWER = b'{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}'


@dataclasses.dataclass(frozen=True)
class Stack:
    """Processes, settings with ports of the test's own, and a folder for logs."""

    processes: Processes
    settings: Settings
    folder: Path
    brokers: list[Child] = dataclasses.field(default_factory=list)

    @property
    def servers(self) -> str:
        """The broker's address."""
        return self.settings.kafka_bootstrap_servers

    def start(self, name: str, command: list[str], **overrides: object) -> Child:
        """Start a service; its output goes to a file named after it."""
        return self.processes.start(name, command, self.environment(**overrides), self.log(name))

    def environment(self, **overrides: object) -> dict[str, str]:
        """The variables that give a process this stack's settings."""
        configured = {field.name: getattr(self.settings, field.name) for field in dataclasses.fields(Settings)}
        # An api that is killed leaves its temporary folder; in the test's own it goes with that.
        return environment.inherited(tmpdir=self.folder, **(configured | overrides))

    def launch_api(self, **overrides: object) -> Child:
        """Start gunicorn with the api."""
        return self.start("api", API, **overrides)

    def start_api(self, **overrides: object) -> Child:
        """Start gunicorn with the api and wait until it answers, which is later than its port is open."""
        child = self.launch_api(**overrides)
        wait_until(lambda: answers(f"{self.settings.api_url}/health"), "the api to answer", START_SECONDS)
        return child

    def produce(self, **overrides: object) -> Child:
        """Start the producer."""
        return self.start("producer", python("services.producer"), **overrides)

    def consume(self, name: str = "consumer", **overrides: object) -> Child:
        """Start a consumer; another one beside it needs another name, under which it is a member of the group."""
        return self.start(name, python("services.consumer"), **{"consumer_instance_id": name, **overrides})

    def kill(self, child: Child) -> None:
        """SIGKILL to a service and all its workers, and wait for its end."""
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(10)
        self.processes.forget(child)

    def start_broker(self) -> None:
        """Start the broker, with what it kept."""
        port = int(self.servers.rpartition(":")[2])
        self.brokers.append(node.start(self.processes, jars.CACHE, self.folder / "kafka", port, ports.free_port()))

    def kill_broker(self) -> None:
        """SIGKILL to the broker."""
        self.kill(self.brokers.pop())

    def consume_more(self, predictions: int, **overrides: object) -> Child:
        """Start a consumer and wait until it has added so many predictions."""
        before = self.count("predictions")
        consumer = self.consume("consumer", **overrides)
        self.await_predictions(before + predictions)
        return consumer

    def write(self, messages: Iterable[Message], **options: Any) -> None:
        """Write records, with options of the client, and see that the broker has them all."""
        producer = broker.new_producer(self.servers, 30, **options)
        try:
            for future in [broker.send(producer, message) for message in messages]:
                future.get(timeout=30)
        finally:
            broker.close_producer(producer, 5)

    def log(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.folder / f"{name}.log"

    def count(self, topic: str) -> int:
        """How many records were written to a topic of Iris: requests, predictions or dead-letters."""
        return broker.record_count(self.settings.kafka_bootstrap_servers, f"iris.{topic}")

    def await_predictions(self, least: int) -> None:
        """Wait until there are at least so many predictions."""
        wait_until(lambda: self.count("predictions") >= least, f"{least} predictions", 60)

    def summary(self) -> Summary:
        """What became of the requests to Iris."""
        return Summary.read(self.settings.kafka_bootstrap_servers, "iris")


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The verified jars of Kafka."""
    try:
        return jars.fetch()
    except JarError as error:
        pytest.skip(f"these tests need Apache Kafka: {error}")


def ways(delivery: Delivery) -> pytest.MarkDecorator:
    """Both promises with the client that is always there, and one of them with the other: each costs a minute."""
    default = KafkaClient.KAFKA_PYTHON
    each = [(Delivery.AT_LEAST_ONCE, default), (Delivery.EXACTLY_ONCE, default), (delivery, KafkaClient.CONFLUENT)]
    return pytest.mark.parametrize(("delivery", "kafka_client"), each, indirect=["kafka_client"])


both_clients = pytest.mark.parametrize("kafka_client", list(KafkaClient), indirect=True)


@pytest.fixture
def kafka_client(request: pytest.FixtureRequest) -> KafkaClient:
    """What producer and consumer talk to Kafka with: what `both_clients` says, or else --kafka-client."""
    return KafkaClient(getattr(request, "param", request.config.getoption("--kafka-client")))


@pytest.fixture
def stack(
    kafka_jars: Path, settings: Settings, iris: Bundle, tmp_path: Path, kafka_client: KafkaClient
) -> Iterator[Stack]:
    """A broker that is ready, with Iris published; no other service runs yet."""
    kafka_port, api_port = ports.free_port(), ports.free_port()
    own = dataclasses.replace(
        settings,
        kafka_bootstrap_servers=Servers(f"127.0.0.1:{kafka_port}"),
        kafka_client=kafka_client,
        api_port=api_port,
        api_url=f"http://127.0.0.1:{api_port}",
        api_workers=1,
        producer_interval=0.0,
        producer_loop=False,
    )
    with Processes(Stop()) as processes:
        stack = Stack(processes, own, tmp_path)
        stack.start_broker()
        yield stack
    # pytest shows it where the test has failed.
    for log in (*sorted(tmp_path.glob("*.log")), tmp_path / "kafka" / "broker.log"):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}")

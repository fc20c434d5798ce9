"""The services as processes of a test's own, beside a real broker and an api that tests share where they can."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from embedded import ports
from embedded.demo import API, answers
from embedded.processes import Child, Processes, python
from embedded.summary import Summary
from embedded.waiting import wait_until
from petalstream import broker
from petalstream import settings as environment
from petalstream.lifecycle import Stop
from petalstream.messages import Message
from petalstream.model.bundle import Bundle
from petalstream.settings import Delivery, GroupName, KafkaClient, Settings
from tests.brokers import LOG_TAIL, LocalBroker, kill
from tests.lone_api import LoneApi, lone_api

START_SECONDS = 60
FLOWER = b'{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}'


@dataclasses.dataclass
class Stack:
    """Processes, the settings that they get, a folder for their logs, the broker, and where the shared api is."""

    processes: Processes
    settings: Settings
    folder: Path
    broker: LocalBroker
    shared_api_url: Callable[[], str]

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

    def use_shared_api(self) -> None:
        """Have the services ask the api that tests share: it serves Iris, with one worker."""
        self.settings = dataclasses.replace(self.settings, api_url=self.shared_api_url())

    def launch_api(self, **overrides: object) -> Child:
        """Start gunicorn with an api of the test's own, which the services ask from now on."""
        self.settings = dataclasses.replace(self.settings, api_url=f"http://127.0.0.1:{self.settings.api_port}")
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
        """Send SIGKILL to a service and all its workers, and wait for its end."""
        kill(self.processes, child)

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


def ways(short: Delivery, confluent: Delivery) -> pytest.MarkDecorator:
    """Both promises with kafka-python, and `confluent` with the other client; `make test` runs only `short`."""
    default = KafkaClient.KAFKA_PYTHON
    each = [(short, default), *((way, default) for way in Delivery if way != short), (confluent, KafkaClient.CONFLUENT)]
    parameters = [pytest.param(*way, marks=[pytest.mark.long] if number else []) for number, way in enumerate(each)]
    return pytest.mark.parametrize(("delivery", "kafka_client"), parameters, indirect=["kafka_client"])


both_clients = pytest.mark.parametrize("kafka_client", list(KafkaClient), indirect=True)
confluent_in_long_runs = pytest.mark.parametrize(
    "kafka_client",
    [KafkaClient.KAFKA_PYTHON, pytest.param(KafkaClient.CONFLUENT, marks=pytest.mark.long)],
    indirect=True,
)


@pytest.fixture
def kafka_client(request: pytest.FixtureRequest) -> KafkaClient:
    """What producer and consumer talk to Kafka with: what `both_clients` says, or else --kafka-client."""
    return KafkaClient(getattr(request, "param", request.config.getoption("--kafka-client")))


@pytest.fixture(scope="session")
def shared_api(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api that serves Iris, for the tests of this pytest process that do not harm it."""
    with lone_api(settings.models_dir, tmp_path_factory.mktemp("api"), api_workers=1) as running:
        yield running


@contextmanager
def new_stack(
    kafka_broker: LocalBroker, settings: Settings, folder: Path, shared_api_url: Callable[[], str]
) -> Iterator[Stack]:
    """A stack in which no service runs yet, with a group of its own; all that it starts is stopped at the end."""
    api_port = ports.free_port()
    own = dataclasses.replace(
        settings,
        kafka_bootstrap_servers=kafka_broker.servers,
        consumer_group=GroupName(f"test-{uuid.uuid4().hex[:8]}"),
        api_port=api_port,
        api_url=f"http://127.0.0.1:{api_port}",
        api_workers=1,
        producer_interval=0.0,
        producer_loop=False,
        consumer_health_port=0,
    )
    with Processes(Stop()) as processes:
        yield Stack(processes, own, folder, kafka_broker, shared_api_url)
    # pytest shows it where the test has failed.
    for log in sorted(folder.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text(errors='replace')[-LOG_TAIL:]}")
    print(f"--- the broker\n{kafka_broker.log_tail()}")


@pytest.fixture
def stack(
    request: pytest.FixtureRequest,
    kafka_broker: LocalBroker,
    settings: Settings,
    iris: Bundle,
    tmp_path: Path,
    kafka_client: KafkaClient,
) -> Iterator[Stack]:
    """A broker that has no topics, with Iris published; no service runs yet."""
    own = dataclasses.replace(settings, kafka_client=kafka_client)
    with new_stack(kafka_broker, own, tmp_path, lambda: request.getfixturevalue("shared_api").url) as made:
        yield made

"""The stack with everything in it, as `make up` brings it up, for the tests that share it."""

import re
from collections.abc import Iterator

import pytest

from embedded.ports import free_port
from petalstream import broker
from tests.e2e.compose import Project, require_engine

SECONDS = 180
LONG_RUNNING = ["zookeeper", "kafka", "api", "producer", "consumer", "dashboard"]
SHOWN = re.compile(r"^iris\.requests\[\d\]@\d+  sepal_length=.* ->  \w+ [\d.]+%  [✓✗] .*\(iris version \d+, \d+ ms\)$")


class Stack(Project):
    """The stack with everything in it, and its ports on this machine."""

    def state(self, service: str) -> str:
        """Such as `running healthy`, or `running` for a service without a health check."""
        return self.inspect(service, "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}").strip()

    def up_and_well(self, service: str) -> bool:
        """Whether the container runs and, where it has a health check, is healthy."""
        return self.state(service) in ("running", "running healthy")

    def restarts(self, service: str) -> int:
        """How often Docker has restarted the container."""
        return int(self.inspect(service, "{{.RestartCount}}"))

    def came_back(self, service: str, restarts_before: int) -> bool:
        """Whether the container was restarted since and is well."""
        return self.restarts(service) > restarts_before and self.up_and_well(service)

    @property
    def api_port(self) -> str:
        """The api's port on this machine."""
        return self.settings["API_PORT"]

    @property
    def api_url(self) -> str:
        """Where the api answers on this machine."""
        return f"http://localhost:{self.api_port}"

    @property
    def page_url(self) -> str:
        """Where the live page responds on this machine."""
        return f"http://localhost:{self.settings['DASHBOARD_PORT']}"

    @property
    def current(self) -> str:
        """The version of Iris that is to be served."""
        return self.compose("exec", "api", "cat", "/models/iris/current").strip()

    @property
    def servers(self) -> str:
        """The broker's address from outside."""
        return f"localhost:{self.settings['KAFKA_PORT']}"

    def shown(self) -> set[str]:
        """The flowers, by their features, for which the consumer has printed a prediction."""
        lines = self.docker("logs", self.container("consumer")).splitlines()
        return {line.split("  ")[1] for line in lines if SHOWN.match(line)}

    def predicted(self) -> dict[bytes | None, bytes]:
        """The values of the predictions on the broker, one a flower, by key."""
        return {record.key: record.value or b"" for record in broker.read_topic(self.servers, "iris.predictions")}

    def predictions(self) -> int:
        """How many predictions are on the broker."""
        return broker.record_count(self.servers, "iris.predictions")

    def existing(self, *kinds: str) -> list[str]:
        """The ids or names of what there is of the project: containers, networks or volumes."""
        commands = {"containers": ["ps", "--all"], "networks": ["network", "ls"], "volumes": ["volume", "ls"]}
        own = ["--quiet", "--filter", f"label=com.docker.compose.project={self.project}"]
        return [found for kind in kinds for found in self.docker(*commands[kind], *own).split()]

    def ask_consumer(self, path: str) -> str:
        """What the consumer answers to a GET from another container of the stack."""
        ask = f"import urllib.request as u; print(u.urlopen('http://consumer:9464{path}', timeout=10).read().decode())"
        return self.compose("exec", "api", "/opt/venv/bin/python", "-c", ask).strip()

    def has_predicted(self, least: int) -> bool:
        """Whether so many predictions are on the broker."""
        return self.predictions() >= least


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """A stack that `make up` brought up; all of it is removed afterwards, the images that it built too."""
    require_engine()
    ports = {name: str(free_port()) for name in ("API_PORT", "KAFKA_PORT", "DASHBOARD_PORT")}
    stack = Stack({**ports, "PRODUCER_INTERVAL": "0.02", "PRODUCER_LOOP": "true"})
    with stack.removed_afterwards():
        stack.make("up")
        yield stack

"""Compose projects of a test's own."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.checkouts import outer_environment

ROOT = Path(__file__).parent.parent.parent
COMMAND_SECONDS = 600


def require_engine() -> None:
    """Skip the test where no Docker engine or no Compose answers, and say what to install."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers: install Docker (docs.docker.com/engine/install) and start it")
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("Docker has no Compose v2: install the docker-compose-plugin")


@dataclass(frozen=True)
class Project:
    """A Compose project; every command names it, so that another stack on the machine is left alone."""

    settings: Mapping[str, str]
    project: str = field(default_factory=lambda: f"petalstream-test-{uuid.uuid4().hex[:8]}")
    root: Path = ROOT

    @contextmanager
    def removed_afterwards(self) -> Iterator[None]:
        """Remove all of it in the end, the volumes and the images that it built too."""
        try:
            yield
        finally:
            try:
                print(self.compose("logs", "--tail", "50"))  # pytest shows it where a test has failed
            finally:
                self.compose("down", "--volumes", "--remove-orphans", "--rmi", "local")

    def make(self, target: str, *variables: str) -> subprocess.CompletedProcess[str]:
        """Run a make target for this project and see that it succeeds."""
        return self._run(
            "make", target, *variables, *(f"{name}={value}" for name, value in self._environment().items())
        )

    def compose(self, *arguments: str) -> str:
        """The output of a `docker compose` command for this project."""
        return self._run("docker", "compose", *arguments).stdout

    def docker(self, *arguments: str) -> str:
        """The output of a `docker` command."""
        return self._run("docker", *arguments).stdout.strip()

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str, form: str) -> str:
        """What `docker inspect` says of a service's container."""
        return self.docker("inspect", "--format", form, self.container(service))

    def _environment(self) -> dict[str, str]:
        return {"COMPOSE_PROJECT_NAME": self.project, **self.settings}

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            command,
            cwd=self.root,
            env={**outer_environment(), **self._environment()},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
        return ended

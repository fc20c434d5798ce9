"""A Compose project of the benchmarks' own, beside whatever stack runs on the machine."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from benchmarks.bench import ROOT, BenchmarkError
from embedded import ports

COMMAND_SECONDS = 1200


def why_not() -> str | None:
    """Why nothing of Docker can be measured here; None where it can."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        return "no Docker engine answers here"
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return "Docker has no Compose v2 here"
    return None


@dataclass(frozen=True)
class Project:
    """A project by its name, with the ports that it listens on."""

    name: str
    environment: dict[str, str]

    @classmethod
    @contextmanager
    def of_its_own(cls) -> Iterator[Self]:
        """A project that is removed afterwards with its volumes and images. Raises BenchmarkError."""
        name = f"petalstream-benchmark-{uuid.uuid4().hex[:8]}"
        # A make that runs the benchmarks would hand its own words on to the make that they run.
        outer = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        own = {name: str(ports.free_port()) for name in ("API_PORT", "KAFKA_PORT", "DASHBOARD_PORT")}
        project = cls(name, outer | own | {"COMPOSE_PROJECT_NAME": name})
        try:
            yield project
        finally:
            project.run("docker", "compose", "down", "--volumes", "--remove-orphans", "--rmi", "local")

    def make(self, target: str) -> None:
        """Run a make target for this project. Raises BenchmarkError where it fails."""
        self.run("make", target)

    def run(self, *command: str) -> str:
        """The output of a command for this project. Raises BenchmarkError where it fails."""
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            raise BenchmarkError(f"{' '.join(command)}: {ended.stderr[-1000:]}")
        return ended.stdout

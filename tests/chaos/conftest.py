"""Chaos: what is killed and when is drawn from a seed; `make chaos` runs longer and writes a report."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from embedded.summary import Summary
from tests.brokers import kafka_broker, kafka_jars, shared_broker
from tests.chaos.models import faulty_api, models
from tests.length import Length
from tests.stack import Stack, kafka_client, shared_api, stack

__all__ = [
    "faulty_api",
    "kafka_broker",
    "kafka_client",
    "kafka_jars",
    "models",
    "shared_api",
    "shared_broker",
    "stack",
]


@dataclass
class Chaos:
    """A stack, a source of chance, and how long scenarios last."""

    stack: Stack
    chance: random.Random
    length: Length
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """A sentence for the report."""
        self.notes.append(text)

    def reconcile(self) -> Summary:
        """Every request matched with its outcomes, noted for the report; none may be missing."""
        summary = self.stack.summary()
        self.note(
            f"sent {summary.sent}, predicted {summary.predicted}, dead-lettered {summary.dead_lettered},"
            f" lost {len(summary.missing)}, duplicates {summary.duplicates}"
        )
        assert summary.complete, str(summary)
        return summary


@pytest.fixture
def chaos(stack: Stack, length: Length, request: pytest.FixtureRequest) -> Iterator[Chaos]:
    """Chaos in a stack; pytest prints the seed where the test fails."""
    seed = request.config.getoption("--seed") or random.SystemRandom().randrange(10**9)
    print(f"--seed {seed}")
    own = Chaos(stack, random.Random(seed), length)
    yield own
    report: Path | None = request.config.getoption("--report")
    if report:
        with report.open("a") as file:
            file.write(f"| {request.node.name} | {seed} | {'; '.join(own.notes)} |\n")

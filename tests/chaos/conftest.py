"""Chaos: what is killed, when, is drawn from a seed; `make chaos` runs longer and writes a report."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from embedded.summary import Summary
from tests.stack import Stack, kafka_client, kafka_jars, stack

__all__ = ["kafka_client", "kafka_jars", "stack"]


@dataclass
class Chaos:
    """A stack, chance, and how many times longer than in `make test` a scenario is."""

    stack: Stack
    chance: random.Random
    scale: int
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
def chaos(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Chaos]:
    """Chaos around a broker of the test's own; the seed is printed where the test fails."""
    seed = request.config.getoption("--seed") or random.SystemRandom().randrange(10**9)
    print(f"--seed {seed}")
    own = Chaos(stack, random.Random(seed), request.config.getoption("--scale"))
    yield own
    report: Path | None = request.config.getoption("--report")
    if report:
        with report.open("a") as file:
            file.write(f"| {request.node.name} | {seed} | {'; '.join(own.notes)} |\n")

"""Decisions on conditions of publication, and the refusal of a model that fails one."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Whether a model meets a condition: what was measured on how many rows, and all of it as a sentence.

    `interval` has two bounds, each of which holds with 95 % confidence by itself. Without anything to compare with,
    value and interval are None.
    """

    condition: str
    metric: str
    value: float | None
    interval: tuple[float, float] | None
    rows: int
    passed: bool
    sentence: str


class Refused(Exception):
    """A model that fails a condition of publication; the message has a sentence for each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        if len(sentences) == 1:
            super().__init__(f"{sentences[0]}; nothing was published")
        else:
            listed = "\n  ".join(sentences)
            super().__init__(f"{len(sentences)} conditions are not met, and nothing was published:\n  {listed}")


def require_passed(name: str, decisions: Sequence[Decision]) -> None:
    """Print the conditions that the model `name` meets. Raises Refused if it does not meet all."""
    for decision in decisions:
        if decision.passed:
            print(f"{name}: {decision.sentence}", flush=True)
    if failed := [decision.sentence for decision in decisions if not decision.passed]:
        raise Refused(failed)

"""How often the conditions of publication are wrong, by a short simulation with a fixed seed."""

import math
from pathlib import Path

import pytest

from tests.unit.trainer.condition_rates import (
    ACCURACY,
    ALIKE,
    BALANCED,
    BASELINE,
    CASES,
    ERROR,
    LABELS,
    NUMBERS,
    SERVED,
    Case,
    guesses,
    labels,
    numbers,
    passes,
)

MODELS = 100
# Three standard errors of a share of 5 % of so many models.
SLACK = 3 * math.sqrt(0.05 * 0.95 / MODELS)


@pytest.mark.parametrize("rows", [30, 300])
@pytest.mark.parametrize(
    "case",
    [
        Case("below an accuracy floor", LABELS, ACCURACY, labels((0.85, 0.85))),
        Case("at an accuracy floor", LABELS, ACCURACY, labels((0.9, 0.9))),
        Case("below a balanced floor", LABELS, BALANCED, labels((0.88, 0.88), 0.3)),
        Case("at an error's floor", NUMBERS, ERROR, numbers(1.0)),
        Case("guesses", LABELS, BASELINE, labels((0.5, 0.5))),
        Case("as accurate as the commonest label", LABELS, BASELINE, labels((0.7, 0.7), 0.3)),
        Case("guesses of imbalanced labels", ALIKE, BASELINE, labels((0.8, 0.2), 0.1)),
        Case("guesses of numbers", NUMBERS, BASELINE, guesses),
        Case("worse than the served version", LABELS, SERVED, labels((0.4, 0.4), served=(0.9, 0.9))),
    ],
    ids=lambda case: case.words,
)
def test_a_model_that_should_not_pass_seldom_passes(case: Case, rows: int) -> None:
    assert passes(case, rows, MODELS) <= 0.05 + SLACK


@pytest.mark.parametrize("rows", [30, 300])
@pytest.mark.parametrize(
    "case",
    [
        Case("equal in accuracy", LABELS, SERVED, labels((0.9, 0.9), served=(0.9, 0.9))),
        Case("equal in balanced accuracy", ALIKE, SERVED, labels((0.8, 0.8), 0.3, (0.8, 0.8))),
        Case("equal in errors", NUMBERS, SERVED, numbers(1.0, 1.0)),
        Case("far better than guesses", LABELS, BASELINE, labels((0.95, 0.95))),
        Case("far smaller errors than the mean's", NUMBERS, BASELINE, numbers(0.3)),
    ],
    ids=lambda case: case.words,
)
def test_a_model_that_should_pass_seldom_fails(case: Case, rows: int) -> None:
    assert passes(case, rows, MODELS) >= 0.95 - SLACK


def test_the_more_rows_the_likelier_a_good_model_reaches_a_floor() -> None:
    good = Case("0.95", LABELS, ACCURACY, labels((0.95, 0.95)))
    few, more, many = (passes(good, rows, MODELS) for rows in (30, 100, 300))
    assert few < 0.4 < more < 0.8 < many


def test_the_documentation_has_each_simulated_case(root: Path) -> None:
    table = (root / "docs" / "models.md").read_text().partition("### How many rows does a floor need?")[2]
    assert [f"| `{case.condition}` | {case.words} |" in table for case in CASES] == [True] * len(CASES)

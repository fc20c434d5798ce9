"""The metrics of the test part as lines for a terminal."""

from collections.abc import Mapping
from typing import Any

from petalstream.model.metrics import DIGITS, METRICS
from petalstream.readable import readable
from services.trainer.evaluation.estimates import Estimate


def format_headline(estimate: Estimate) -> str:
    """Return an estimate without a unit with its interval: 0.933 (95% interval 0.787 to 0.982)."""
    return f"{estimate['value']:.3f} (95% interval {estimate['lower']:.3f} to {estimate['upper']:.3f})"


def format_table(metrics: Mapping[str, Any], baseline: str, unit: str = "") -> list[str]:
    """Return a line for each metric of `metrics["test"]`: value, 95 % interval, and what the `baseline` has."""
    lines = [f"{'on the test part':<25}{'value':>12}{'95% interval':>24}{baseline:>25}"]
    for name, found in metrics["test"].items():
        value, lower, upper, base = (_number(each, name, unit) for each in (*found.values(), metrics["baseline"][name]))
        lines.append(f"{METRICS[name].title:<25}{value:>12}{f'{lower} to {upper}':>24}{base:>25}")
    return lines


def _number(value: float, name: str, unit: str) -> str:
    return readable(value, unit, DIGITS) if METRICS[name].has_unit else f"{value:.3f}"

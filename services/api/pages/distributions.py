"""Where a value lies in the distribution of the training data, in words and as a chart."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from petalstream.error_text import in_full
from petalstream.features import Date, Feature
from petalstream.model.manifest import Manifest
from services.api.pages import charts
from services.api.pages.charts import Chart
from services.api.pages.form_entries import format_value


@dataclass(frozen=True)
class Distribution:
    """The chart of one input: `words` describes it, and `ends` are the labels below its base line."""

    label: str
    words: str
    chart: Chart
    ends: tuple[str, ...]


def build_distributions(manifest: Manifest, row: Mapping[str, Any]) -> list[Distribution]:
    """Return a distribution for each input of the model; `row` is valid."""
    return [
        _build(feature, manifest.training[feature.name], row[feature.name], manifest.data_name)
        for feature in manifest.inputs
        if "counts" in manifest.training[feature.name] and not feature.is_missing(row.get(feature.name))
    ]


def share_below(training: Mapping[str, Any], value: float) -> float:
    """Return the approximate share of the training data below `value`.

    Interpolates linearly between the edges of the bins and the quantiles.
    """
    total, counts_below = sum(training["counts"]), [0, *accumulate(training["counts"])]
    points = [(edge, count / total) for edge, count in zip(training["edges"], counts_below, strict=True)]
    points = sorted(points + [(float(quantile), float(share)) for share, quantile in training["quantiles"].items()])
    values: list[float] = [point for point, _ in points]
    shares: list[float] = list(accumulate((share for _, share in points), max))
    after = bisect_left(values, value)
    if after == 0:
        return 0.0
    if after == len(values):
        return 1.0
    if values[after] == value:
        return shares[after]
    part = (value - values[after - 1]) / (values[after] - values[after - 1])
    return shares[after - 1] + part * (shares[after] - shares[after - 1])


def _build(feature: Feature, training: Mapping[str, Any], value: Any, data: str) -> Distribution:
    text = f"{format_value(feature, value)} {feature.unit}".rstrip()
    if "choices" in training:
        counts, chosen = training["counts"], int(feature.encode(value))
        words = f"{text}: as {counts[chosen]} of {sum(counts)} in the {data}"
        return Distribution(feature.label, words, charts.draw_counts(counts, chosen), tuple(training["choices"]))
    number = feature.encode(value)
    chart = charts.draw_histogram(training["edges"], training["counts"], number)
    least, most = training["quantiles"]["0"], training["quantiles"]["1"]
    ends = (
        (feature.decode(least), feature.decode(most)) if isinstance(feature, Date) else (in_full(least), in_full(most))
    )
    return Distribution(feature.label, f"{text}: {_describe_rank(training, number)} of the {data}", chart, ends)


def _describe_rank(training: Mapping[str, Any], value: float) -> str:
    least, most = training["quantiles"]["0"], training["quantiles"]["1"]
    if not least <= value <= most:
        return "lower than all" if value < least else "higher than all"
    if value in (least, most):
        return "the lowest" if value == least else "the highest"
    # Some values are lower and some higher, so neither 0% nor 100% is right.
    return f"higher than {min(max(share_below(training, value), 0.01), 0.99):.0%}"

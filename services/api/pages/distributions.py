"""Where a value lies among those that the model was trained on, in words and as a chart."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature
from services.api.pages import charts
from services.api.pages.charts import Chart
from services.api.pages.form_entries import format_value
from services.api.pages.text_filters import plain


@dataclass(frozen=True)
class Distribution:
    """An input of the model: `words` says what the chart shows, and `ends` are the texts below its floor."""

    label: str
    words: str
    chart: Chart
    ends: tuple[str, ...]


def build_distributions(manifest: Manifest, row: Mapping[str, Any]) -> list[Distribution]:
    """One for each input of the model; the row fits it."""
    return [_distribution(feature, manifest.training[feature.name], row[feature.name]) for feature in manifest.inputs]


def share_below(seen: Mapping[str, Any], value: float) -> float:
    """About which share of the training data is below the value: read between the edges of bins and the quantiles."""
    total, below = sum(seen["counts"]), [0, *accumulate(seen["counts"])]
    points = [(edge, count / total) for edge, count in zip(seen["edges"], below, strict=True)]
    points = sorted(points + [(float(at), float(share)) for share, at in seen["quantiles"].items()])
    values: list[float] = [at for at, _ in points]
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


def _distribution(feature: Feature, seen: Mapping[str, Any], value: Any) -> Distribution:
    written = f"{format_value(feature, value)} {feature.unit}".rstrip()
    if "choices" in seen:
        chosen, total = int(feature.encode(value)), sum(seen["counts"])
        words = f"{written}: as {seen['counts'][chosen]} of {total} in the training data"
        return Distribution(feature.label, words, charts.draw_counts(seen["counts"], chosen), tuple(seen["choices"]))
    chart = charts.draw_histogram(seen["edges"], seen["counts"], value)
    ends = plain(seen["quantiles"]["0"]), plain(seen["quantiles"]["1"])
    return Distribution(feature.label, f"{written}: {_place(seen, value)} of the training data", chart, ends)


def _place(seen: Mapping[str, Any], value: float) -> str:
    least, most = seen["quantiles"]["0"], seen["quantiles"]["1"]
    if not least <= value <= most:
        return "lower than all" if value < least else "higher than all"
    if value in (least, most):
        return "the lowest" if value == least else "the highest"
    # Something is lower and something higher, however small its share.
    return f"higher than {min(max(share_below(seen, value), 0.01), 0.99):.0%}"

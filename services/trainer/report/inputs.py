"""How the values of each input are distributed over the training part, by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from petalstream.schema import Feature, Kind
from services.trainer.dataset import Dataset
from services.trainer.definition import Definition
from services.trainer.report.drawing import Drawing
from services.trainer.report.style import (
    MOST_COLOURS,
    WIDTH,
    Scheme,
    legend_above,
    mixed,
    quiet,
    wrapped,
)

BINS = 16
COLUMNS = 2


def drawing(training: Dataset, definition: Definition, columns: Sequence[int]) -> Drawing:
    """A panel for each of the inputs at `columns`: classes stacked by colour, or, if they are many, a row a class."""
    classes = list(definition.words.values())
    many = len(classes) > MOST_COLOURS
    panels = [(definition.inputs[column], training.samples[:, column]) for column in columns]
    rows = -(-len(panels) // COLUMNS)
    tallest = max(max((len(_choices(feature)) for feature, _ in panels)), 5)
    height = rows * (62 + 15 * len(classes)) + 40 if many else rows * (70 + 18 * tallest) + 30

    def onto(figure: Figure, scheme: Scheme) -> None:
        grid = figure.subplots(rows, COLUMNS, squeeze=False)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        for position, (axes, (feature, values)) in enumerate(zip(grid.flat, panels, strict=False)):
            table, edges = _table(feature, values, training.labels, classes)
            if many:
                _shares(axes, feature, table, edges, scheme, classes if position % COLUMNS == 0 else [])
            else:
                _stacked(axes, feature, table, edges, scheme)
            axes.set_title(wrapped(feature.label, 26, 1))
        if not many:
            legend_above(figure, [Patch(color=scheme.classes[i]) for i in range(len(classes))], classes)

    shown = f" The {len(panels)} most important inputs are shown." if len(panels) < len(definition.inputs) else ""
    form = "each row is a class, darker where more of its samples are" if many else "colour is the class"
    caption = (
        f"How the values of each input are spread over the {len(training.labels)} samples of the training part; {form}."
        f" Where classes lie apart, that input alone tells them apart.{shown}"
    )
    said = " ".join(_in_words(feature, values, training.labels, classes) for feature, values in panels)
    return Drawing("feature_distributions", "Feature distributions", caption, said, WIDTH, height, onto)


def _choices(feature: Feature) -> list[str]:
    if feature.kind is Kind.YES_NO:
        return ["no", "yes"]
    return list(feature.choices)


def _table(
    feature: Feature, values: NDArray[np.float64], labels: NDArray[np.str_], classes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts of shape (classes, bins) and the edges of the bins; a choice is a bin around its code."""
    edges = np.arange(len(_choices(feature)) + 1) - 0.5
    if not _choices(feature):
        low, high = values.min(), values.max()
        whole = feature.kind is Kind.INTEGER and high - low < BINS
        edges = np.arange(low, high + 2) - 0.5 if whole else np.histogram_bin_edges(values, BINS)
    table = [np.histogram(values[labels == label], edges)[0] for label in classes]
    return np.array(table, dtype=np.int64), edges.astype(np.float64)


def _stacked(
    axes: Axes, feature: Feature, table: NDArray[np.int64], edges: NDArray[np.float64], scheme: Scheme
) -> None:
    tops = table.cumsum(axis=0)
    choices = _choices(feature)
    for position, top in enumerate(tops):
        colour = scheme.classes[position]
        if choices:
            axes.barh(
                range(len(choices)),
                table[position],
                left=top - table[position],
                height=0.62,
                color=colour,
                edgecolor=scheme.surface,
                linewidth=0.6,
            )
        else:
            axes.stairs(top, edges, baseline=top - table[position], fill=True, color=colour, linewidth=0)
    if choices:
        axes.set_yticks(range(len(choices)), [wrapped(choice, 12, 1) for choice in choices])
        axes.invert_yaxis()
        axes.locator_params(axis="x", nbins=4, integer=True)
        axes.grid(visible=True, axis="x")
        axes.set_xlabel("samples")
    else:
        axes.set_ylim(0, 1.05 * tops.max())
        axes.locator_params(axis="y", nbins=3, integer=True)
        axes.grid(visible=True, axis="y")
        axes.set_ylabel("samples")
        _numbers(axes, feature)
    quiet(axes)


def _shares(
    axes: Axes,
    feature: Feature,
    table: NDArray[np.int64],
    edges: NDArray[np.float64],
    scheme: Scheme,
    names: Sequence[str],
) -> None:
    """A row a class, from faint to strong by the share of its samples; the strongest cell of a panel is full."""
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    for row, of_class in enumerate(shares):
        for place in np.flatnonzero(of_class):
            colour = mixed(scheme.accent, scheme.surface, 0.1 + 0.9 * of_class[place] / shares.max())
            axes.barh(row, edges[place + 1] - edges[place], left=edges[place], height=0.86, color=colour)
    axes.set_facecolor(scheme.faint)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(len(table) - 0.5, -0.5))
    axes.set_yticks(range(len(table)) if names else [], [wrapped(name, 14, 1) for name in names])
    if choices := _choices(feature):
        tilted = max(map(len, choices)) > 22 // len(choices)
        turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if tilted else {}
        axes.set_xticks(range(len(choices)), [wrapped(choice, 14, 1) for choice in choices], **turned)
    else:
        _numbers(axes, feature)
    quiet(axes)


def _numbers(axes: Axes, feature: Feature) -> None:
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(lambda value, _: _short(value))
    axes.set_xlabel(wrapped(feature.unit, 28, 1))


def _short(number: float) -> str:
    """A number for an axis: 250k for 250000."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= max(size, 1e4):
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def _in_words(feature: Feature, values: NDArray[np.float64], labels: NDArray[np.str_], classes: Sequence[str]) -> str:
    """The middle of each class: the median of a number, the share of yes, the commonest choice."""
    said = ", ".join(f"{label} {_middle(feature, values[labels == label])}" for label in classes)
    what = {Kind.YES_NO: "share of yes", Kind.CATEGORY: "commonest choice"}.get(feature.kind, "median")
    return f"{feature.label}, {what}: {said}."


def _middle(feature: Feature, values: NDArray[np.float64]) -> Any:
    if feature.kind is Kind.YES_NO:
        return f"{values.mean():.0%}"
    if feature.kind is Kind.CATEGORY:
        return feature.choices[int(np.bincount(values.astype(int)).argmax())]
    return feature.measured(float(f"{np.median(values):.4g}"))

"""The figure of the values of each input in the training part, by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from petalstream.features import Category, Date, Feature, Kind, Number, YesNo
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition
from services.trainer.report.distribution_axes import count_by_class, draw_rows, draw_stacked
from services.trainer.report.drawing import Drawing
from services.trainer.report.groups import groups
from services.trainer.report.style import MOST_COLOURS, WIDTH, Scheme, legend_above, wrapped

# Rows of classes in all panels together; more make the figure too tall and its file too large.
MAX_ROWS = 120
COLUMNS = 2

Panel = tuple[Feature, NDArray[np.float64]]


def drawing(training: Dataset, definition: Definition, ranked: Sequence[int]) -> Drawing:
    """Return the figure: a panel for each input of the columns `ranked`, or for the first ones if not all fit.

    Missing values are left out.
    """
    classes, of_samples = groups(training, definition)
    many = len(classes) > MOST_COLOURS
    columns = sorted(ranked[: max(2, MAX_ROWS // len(classes))] if many else ranked)
    panels = [(definition.inputs[column], training.inputs.matrix[:, column]) for column in columns]

    def onto(figure: Figure, scheme: Scheme) -> None:
        (_rows if many else _coloured)(figure, panels, of_samples, classes, scheme)

    shown = f" The {len(panels)} most important inputs are shown." if len(panels) < len(definition.inputs) else ""
    group = "class" if definition.labels else f"third of {definition.target_column}"
    form = (
        f"each row is a {group}, its colour stronger where more of its samples are"
        if many
        else f"colour is the {group}"
    )
    caption = (
        f"How the values of each input are spread over the {len(training)} samples of the training part; {form}."
        f" Where the colours lie apart, that input alone tells them apart.{shown}"
    )
    alt = " ".join(_in_words(feature, values, of_samples, classes) for feature, values in panels)
    height = _height(panels, len(classes), many)
    return Drawing("feature_distributions", "Feature distributions", caption, alt, WIDTH, height, onto)


def _height(panels: Sequence[Panel], classes: int, many: bool) -> int:
    rows = -(-len(panels) // COLUMNS)
    if many:
        return 40 + rows * (62 + 15 * classes)
    tallest = max(5, *(len(feature.options) for feature, _ in panels))
    return 30 + rows * (70 + 18 * tallest)


def _grid(figure: Figure, panels: Sequence[Panel]) -> list[Any]:
    """Return the panels' axes, each with its input's name as title."""
    grid = figure.subplots(-(-len(panels) // COLUMNS), COLUMNS, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (feature, _) in zip(grid.flat, panels, strict=False):
        axes.set_title(wrapped(feature.label, 26, 1))
    return list(grid.flat[: len(panels)])


def _coloured(
    figure: Figure, panels: Sequence[Panel], labels: NDArray[np.str_], classes: Sequence[str], scheme: Scheme
) -> None:
    for axes, (feature, values) in zip(_grid(figure, panels), panels, strict=True):
        draw_stacked(axes, feature, *count_by_class(feature, values, labels, classes), scheme)
    legend_above(figure, [Patch(color=colour) for colour in scheme.classes[: len(classes)]], classes)


def _rows(
    figure: Figure, panels: Sequence[Panel], labels: NDArray[np.str_], classes: Sequence[str], scheme: Scheme
) -> None:
    for position, (axes, (feature, values)) in enumerate(zip(_grid(figure, panels), panels, strict=True)):
        names = classes if position % COLUMNS == 0 else []
        draw_rows(axes, feature, *count_by_class(feature, values, labels, classes), scheme, names)


def _in_words(feature: Feature, values: NDArray[np.float64], labels: NDArray[np.str_], classes: Sequence[str]) -> str:
    """Return for each class the median of a number, the share of yes, or the commonest choice, in words."""
    said = ", ".join(f"{label} {_middle(feature, values[labels == label])}" for label in classes)
    what = {Kind.YES_NO: "share of yes", Kind.CATEGORY: "commonest choice"}.get(feature.kind, "median")
    return f"{feature.label}, {what}: {said}."


def _middle(feature: Feature, values: NDArray[np.float64]) -> Any:
    given = values[~np.isnan(values)]
    if not len(given):
        return "none"
    if isinstance(feature, YesNo):
        return f"{given.mean():.0%}"
    if isinstance(feature, Category):
        return feature.options[int(np.bincount(given.astype(int)).argmax())]
    middle = float(np.median(given))
    if isinstance(feature, Date):
        return feature.decode(middle)
    return feature.with_unit(float(f"{middle:.4g}")) if isinstance(feature, Number) else f"{middle:.4g}"

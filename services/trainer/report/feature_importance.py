"""The figure of permutation importance: how much worse a score is when one input is shuffled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.inspection import permutation_importance
from sklearn.metrics import get_scorer

from petalstream.features import Feature
from petalstream.model.inference import is_vote
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition
from services.trainer.definition.scores import measure
from services.trainer.report.drawing import Drawing
from services.trainer.report.style import SMALL, WIDTH, Scheme, wrapped

REPEATS, MAX_SAMPLES = 10, 1000
# With more inputs than these, figures show the most important ones.
MAX_INPUTS = 15


@dataclass(frozen=True)
class Importance:
    """Mean loss of the score and its spread (standard deviation) over the repeats, for the input at `column`."""

    feature: Feature
    column: int
    mean: float
    spread: float


def importances(estimator: Any, held_out: Dataset, definition: Definition, score: str) -> list[Importance]:
    """Return the MAX_INPUTS inputs with the highest mean loss of `score` on `held_out`, the highest first."""
    found = permutation_importance(
        estimator,
        held_out.frame,
        held_out.targets,
        scoring=score,
        n_repeats=REPEATS,
        max_samples=min(len(held_out), MAX_SAMPLES),
        random_state=0,
    )
    of_inputs = [
        Importance(feature, column, float(found.importances_mean[column]), float(found.importances_std[column]))
        for column, feature in enumerate(definition.inputs)
    ]
    return sorted(of_inputs, key=lambda each: -each.mean)[:MAX_INPUTS]


def scoring(estimator: Any, held_out: Dataset, definition: Definition) -> str:
    """Return the definition's scoring, or accuracy if that needs probabilities and the estimator is a majority vote."""
    if is_vote(estimator):
        try:
            get_scorer(definition.score)(estimator, held_out.frame, held_out.targets)
        except AttributeError:
            return "accuracy"
    return definition.score


def drawing(found: list[Importance], score: str, inputs: int) -> Drawing:
    """Return the figure: a bar for each input of `found`, with the spread of the repeats, of `inputs` inputs in all."""
    name, sign = measure(score)
    measured = name.replace("_", " ")
    change, moves = ("loss", "drops") if sign > 0 else ("rise", "rises")

    def onto(figure: Figure, scheme: Scheme) -> None:
        _bars(figure, found, scheme)
        figure.axes[0].set_xlabel(f"{change.capitalize()} of {measured} when shuffled")

    shown = f" The {len(found)} most important of {inputs} inputs are shown." if inputs > len(found) else ""
    caption = (
        "Each input in turn is shuffled among samples that the model was not fitted on, ten times: the more the"
        f" {measured} {moves}, the more the model relies on it. The line shows how much the repeats differ. Here"
        f" {found[0].feature.label} counts most, with a {change} of {found[0].mean:.2f}.{shown}"
    )
    said = ", ".join(f"{each.feature.label} {each.mean:.3f} ± {each.spread:.3f}" for each in found)
    alt = f"Mean {change} of {measured}, and its spread, when an input is shuffled: {said}."
    return Drawing("feature_importance", "Feature importance", caption, alt, WIDTH, 66 + 30 * len(found), onto)


def _bars(figure: Figure, found: list[Importance], scheme: Scheme) -> None:
    axes = figure.subplots()
    places = np.arange(len(found))
    means = [each.mean for each in found]
    axes.grid(visible=True, axis="x")
    axes.barh(places, means, height=0.56, color=scheme.accent)
    axes.hlines(
        places,
        [each.mean - each.spread for each in found],
        [each.mean + each.spread for each in found],
        color=scheme.text,
        linewidth=1.3,
    )
    for place, each in zip(places, found, strict=True):
        end = max(each.mean + each.spread, 0)
        axes.annotate(
            _signed(each.mean),
            (end, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    axes.set_yticks(places, [wrapped(each.feature.label, 20) for each in found])
    axes.tick_params(axis="y", labelcolor=scheme.text)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=5)
    axes.axvline(0, color=scheme.muted, linewidth=1)
    axes.spines[:].set_visible(False)


def _signed(number: float) -> str:
    """Return two decimals with a typographic minus sign, and no sign before zero."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")

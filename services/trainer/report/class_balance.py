"""The figure of the class balance: the samples of each class in each part."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from services.trainer.data.split import Parts
from services.trainer.definition import Classes
from services.trainer.report.drawing import Drawing
from services.trainer.report.style import SMALL, WIDTH, Scheme, hide_frame, wrapped


def counts(parts: Parts, target: Classes) -> dict[str, dict[str, int]]:
    """Return the number of samples of each class, by part."""
    of_parts = {"training": parts.training, "validation": parts.validation, "test": parts.test}
    return {
        name: {label: int((part.texts == label).sum()) for label in target.words.values()}
        for name, part in of_parts.items()
    }


def drawing(found: Mapping[str, Mapping[str, int]]) -> Drawing:
    """Return the figure: a panel for each part, a bar for each class."""

    def onto(figure: Figure, scheme: Scheme) -> None:
        _panels(figure, found, scheme)

    caption = (
        "How many samples of each class the model was fitted on (training), checked with (validation) and tested on. "
        + _finding(found["training"])
    )
    parts = "; ".join(
        f"{name} part: {', '.join(f'{label} {count}' for label, count in of_part.items())}"
        for name, of_part in found.items()
    )
    alt = f"Number of samples of each class. {parts.capitalize()}."
    return Drawing("class_balance", "Class balance", caption, alt, WIDTH, 56 + 34 * len(found["training"]), onto)


def _finding(training: Mapping[str, int]) -> str:
    total = sum(training.values())
    least, most = min(training, key=lambda label: training[label]), max(training, key=lambda label: training[label])
    if training[least] == training[most]:
        return "Here all classes have as many."
    shares = f"{most} has {training[most] / total:.0%} of the training samples, {least} {training[least] / total:.0%}"
    return f"Here {shares}."


def _panels(figure: Figure, found: Mapping[str, Mapping[str, int]], scheme: Scheme) -> None:
    panels = figure.subplots(1, len(found), sharey=True, sharex=True)
    for axes, (name, of_part) in zip(panels, found.items(), strict=True):
        places, total = np.arange(len(of_part)), sum(of_part.values())
        colours = [scheme.of_class(place, len(of_part)) for place in range(len(of_part))]
        axes.barh(places, list(of_part.values()), height=0.56, color=colours)
        for place, count in zip(places, of_part.values(), strict=True):
            axes.annotate(str(count), (count, place), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
        axes.set_title(f"{name.capitalize()} ({total})", fontsize=SMALL)
        axes.set_yticks(places, [wrapped(label, 16) for label in of_part])
        axes.tick_params(axis="y", labelcolor=scheme.text)
        axes.set_ylim(len(of_part) - 0.5, -0.5)
        axes.set_xticks([])
        axes.margins(x=0.35)
        hide_frame(axes)

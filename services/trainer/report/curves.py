"""ROC and precision-recall curves on the test part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from services.trainer.report.curve_axes import COLUMNS, Curve, CurveStyle, draw_panels, draw_together
from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions
from services.trainer.report.style import MOST_COLOURS, WIDTH, Scheme

# A curve of at most so many distinct probabilities has a marker at each point.
MAX_MARKED = 12
# More points of a curve than these cannot be distinguished.
MAX_POINTS = 400

Measure = Callable[[str, NDArray[np.bool_], NDArray[np.float64], bool], Curve]


@dataclass(frozen=True)
class CurveKind:
    """ROC or precision-recall: the texts, and the function that computes a curve.

    The function gets the curve's name, which samples are positive, their scores, and whether a voter gave these.
    """

    name: str
    title: str
    how: str
    style: CurveStyle
    measure: Measure


def _roc(name: str, positive: NDArray[np.bool_], scores: NDArray[np.float64], of_voter: bool) -> Curve:
    marked = _has_few_values(scores)
    false_rate, true_rate, _ = roc_curve(positive, scores, drop_intermediate=not marked)
    area = float(roc_auc_score(positive, scores))
    return Curve(name, *_thinned(false_rate, true_rate), area, float(positive.mean()), marked, of_voter)


def _precision_recall(name: str, positive: NDArray[np.bool_], scores: NDArray[np.float64], of_voter: bool) -> Curve:
    precision, recall, _ = precision_recall_curve(positive, scores, drop_intermediate=not _has_few_values(scores))
    # scikit-learn ends the curve at recall 0 and precision 1, which no threshold gives: repeat the last real precision.
    precision[-1] = precision[-2]
    area = float(average_precision_score(positive, scores))
    return Curve(name, *_thinned(recall, precision), area, float(positive.mean()), _has_few_values(scores), of_voter)


def _has_few_values(scores: NDArray[np.float64]) -> bool:
    return len(np.unique(scores.round(9))) <= MAX_MARKED


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MAX_POINTS)).astype(int))
    return x[kept], y[kept]


ROC = CurveKind(
    "roc_curve",
    "ROC curve",
    "The higher the curve rises at the left, the more of the class is found with few false alarms;"
    " the area under it is 1 at best and 0.5 for guessing.",
    CurveStyle(
        "area under the curve", "False positive rate: false alarms among all others", "True positive rate: found"
    ),
    _roc,
)
PRECISION_RECALL = CurveKind(
    "precision_recall_curve",
    "Precision-recall curve",
    "The longer the curve stays high on its way to the right, the fewer finds are wrong as more of the class is found;"
    " average precision is 1 at best and for guessing the class's share.",
    CurveStyle("average precision", "Recall: share of the class found", "Precision: finds that are right", steps=True),
    _precision_recall,
)


def drawing(kind: CurveKind, test: LabelledPredictions) -> Drawing:
    """Return the figure: of two classes the last one's curves, with voters; of more each class against the rest."""
    curves = _curves(kind, test)
    many = len(test.classes) > MOST_COLOURS
    height = 40 + 150 * -(-len(curves) // COLUMNS) if many else 350 + 20 * len(curves)

    def onto(figure: Figure, scheme: Scheme) -> None:
        (draw_panels if many else draw_together)(figure, kind.style, curves, scheme)

    of = f" of {test.classes[-1]}" if len(test.classes) == 2 else ""
    figures = ", ".join(f"{curve.name} {curve.summary:.2f}" for curve in curves)
    alt = f"{kind.title}{of} on the {len(test.true)} test samples; {kind.style.summary}: {figures}."
    return Drawing(kind.name, kind.title, f"{kind.how} {_finding(kind, test, curves)}", alt, WIDTH, height, onto)


def _curves(kind: CurveKind, test: LabelledPredictions) -> list[Curve]:
    if len(test.classes) > 2:
        return [
            kind.measure(label, test.true == label, test.probabilities[:, column], False)
            for column, label in enumerate(test.classes)
        ]
    positive = test.true == test.classes[-1]
    whole = "majority vote" if test.is_vote else test.classes[-1]
    own = [kind.measure(name.replace("_", " "), positive, given[:, -1], True) for name, given in test.voters.items()]
    return [kind.measure(whole, positive, test.probabilities[:, -1], False), *own]


def _finding(kind: CurveKind, test: LabelledPredictions, curves: Sequence[Curve]) -> str:
    if len(test.classes) > 2:
        worst = min(curves, key=lambda curve: curve.summary)
        return (
            f"Each class is drawn against the rest, with its {kind.style.summary}; the least well told apart is"
            f" {worst.name} ({worst.summary:.2f})."
        )
    found = f"Here, for {test.classes[-1]}, it is {curves[0].summary:.2f}"
    if len(curves) == 1:
        return f"{found}."
    return f"{found}. The bold line is the vote, with a point for each share of votes; thin lines are who votes."

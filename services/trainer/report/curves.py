"""ROC and precision-recall curves on the test part, drawn by scikit-learn."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay, average_precision_score, roc_auc_score

from services.trainer.report.curve_axes import COLUMNS, Curve, CurveKind, draw_panels, draw_together
from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions
from services.trainer.report.style import MOST_COLOURS, WIDTH, Scheme

ROC = CurveKind(
    "roc_curve",
    "ROC curve",
    "The higher the curve rises at the left, the more of the class is found with few false alarms;"
    " the area under it is 1 at best and 0.5 for guessing.",
    "area under the curve",
    "False positive rate: false alarms among all others",
    "True positive rate: found",
    RocCurveDisplay,
    roc_auc_score,
)
PRECISION_RECALL = CurveKind(
    "precision_recall_curve",
    "Precision-recall curve",
    "The longer the curve stays high on its way to the right, the fewer finds are wrong as more of the class is found;"
    " average precision is 1 at best and for guessing the class's share.",
    "average precision",
    "Recall: share of the class found",
    "Precision: finds that are right",
    PrecisionRecallDisplay,
    average_precision_score,
)


def drawing(kind: CurveKind, test: LabelledPredictions) -> list[Drawing]:
    """Return the figure: of two classes the last one's curves, with voters; of more each class against the rest.

    A class that all or none of the samples have has no curve; there is no figure without curves.
    """
    curves = list(_curves(kind, test))
    if not curves:
        return []
    many = len(curves) > MOST_COLOURS and len(test.classes) > MOST_COLOURS
    height = 40 + 150 * -(-len(curves) // COLUMNS) if many else 370 + 20 * len(curves)

    def onto(figure: Figure, scheme: Scheme) -> None:
        (draw_panels if many else draw_together)(figure, kind, curves, scheme)

    of = f" of {test.classes[-1]}" if len(test.classes) == 2 else ""
    figures = ", ".join(f"{curve.name} {curve.summary:.2f}" for curve in curves)
    alt = f"{kind.title}{of} on the {len(test.true)} test samples; {kind.summary}: {figures}."
    caption = f"{kind.how} {_finding(kind, test, curves)}"
    return [Drawing(kind.name, kind.title, caption, alt, WIDTH, height, onto)]


def _curves(kind: CurveKind, test: LabelledPredictions) -> Iterator[Curve]:
    for name, label, scores, of_voter in _scores(test):
        positive = test.true == label
        if 0 < positive.sum() < len(positive):
            yield Curve(name, positive, scores, float(kind.score(positive, scores)), of_voter)


def _scores(test: LabelledPredictions) -> Iterator[tuple[str, str, NDArray[np.float64], bool]]:
    """Yield the name of each curve, its positive label, the scores, and whether a voter gave them."""
    last = test.classes[-1]
    if len(test.classes) > 2:
        yield from ((label, label, test.probabilities[:, i], False) for i, label in enumerate(test.classes))
        return
    yield "majority vote" if test.is_vote else last, last, test.probabilities[:, -1], False
    yield from ((name.replace("_", " "), last, given[:, -1], True) for name, given in test.voters.items())


def _finding(kind: CurveKind, test: LabelledPredictions, curves: Sequence[Curve]) -> str:
    if len(test.classes) > 2:
        worst = min(curves, key=lambda curve: curve.summary)
        return (
            f"Each class is drawn against the rest, with its {kind.summary}; the least well told apart is"
            f" {worst.name} ({worst.summary:.2f})."
        )
    found = f"Here, for {test.classes[-1]}, it is {curves[0].summary:.2f}"
    if len(curves) == 1:
        return f"{found}."
    return f"{found}. The bold line is the vote, with a point for each share of votes; thin lines are who votes."

"""The report of a trained model: figures as SVG in two colour schemes, and tables."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from petalstream.features import Number
from services.trainer.data.split import Parts
from services.trainer.definition import Classes, Definition
from services.trainer.evaluation import number_metrics
from services.trainer.fitting.grid_search import SearchScores
from services.trainer.report import (
    calibration,
    class_balance,
    confusion_matrix,
    curves,
    feature_distributions,
    feature_importance,
    predicted_numbers,
)
from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import predict
from services.trainer.report.search_tables import best_candidates
from services.trainer.tasks import task_of


def draw(estimator: Any, parts: Parts, definition: Definition, searches: Sequence[SearchScores]) -> dict[str, bytes]:
    """Return the files of the report by name: report.json and, for each figure, an SVG in each colour scheme."""
    target = definition.target
    balance = class_balance.counts(parts, target) if isinstance(target, Classes) and not definition.fitted else {}
    importance, *distributions = _of_inputs(estimator, parts, definition)
    drawings = [
        *_of_target(estimator, parts, target),
        importance,
        *([class_balance.drawing(balance)] if balance else []),
        *distributions,
    ]
    if definition.fitted:
        drawings = [_of_unseen(each) for each in drawings]
    index = {
        "figures": [drawing.entry() for drawing in drawings],
        "searches": best_candidates(searches),
        "class_balance": balance,
    }
    files = {name: content for drawing in drawings for name, content in drawing.files().items()}
    return {"report.json": (json.dumps(index, indent=2, allow_nan=False) + "\n").encode(), **files}


def _of_unseen(drawing: Drawing) -> Drawing:
    """Return a figure whose words name the rows of the CSV, since there are no parts that something was fitted on."""
    texts = {}
    for name in ("caption", "alt"):
        text = getattr(drawing, name)
        for part in ("validation and test parts", "validation and test samples", "training part", "test part"):
            text = text.replace(part, "samples of the CSV" if part.endswith("samples") else "CSV")
        texts[name] = text
    return replace(drawing, **texts)


def _of_target(estimator: Any, parts: Parts, target: Classes | Number) -> list[Drawing]:
    if isinstance(target, Classes):
        return _of_labels(estimator, parts, target)
    true, predicted = parts.test.targets, number_metrics.predict(estimator, parts.test)
    named = (true, predicted, target.label, target.unit)
    return [predicted_numbers.predicted_drawing(*named), predicted_numbers.error_drawing(*named)]


def _of_labels(estimator: Any, parts: Parts, target: Classes) -> list[Drawing]:
    """Return the figures of predicted labels; some need probabilities, which not every estimator gives."""
    on_test = predict(estimator, parts.test, target)
    if not on_test.probabilities.size:
        return [confusion_matrix.drawing(on_test)]
    return [
        confusion_matrix.drawing(on_test),
        *curves.drawing(curves.ROC, on_test),
        *curves.drawing(curves.PRECISION_RECALL, on_test),
        calibration.drawing(predict(estimator, parts.test, target)),
    ]


def _of_inputs(estimator: Any, parts: Parts, definition: Definition) -> list[Drawing]:
    """Return the figure of what the inputs are to the model, and that of their values if they have some."""
    unseen = task_of(definition).unseen(parts)
    score = feature_importance.scoring(estimator, unseen, definition)
    ranked = feature_importance.importances(estimator, unseen, definition, score)
    # A text has no distribution that could be drawn.
    matrix = parts.training.inputs.matrix
    drawn = [each.column for each in ranked if not np.isnan(matrix[:, each.column]).all()]
    return [
        feature_importance.drawing(ranked, score, len(definition.inputs)),
        *([feature_distributions.drawing(parts.training, definition, drawn)] if drawn else []),
    ]

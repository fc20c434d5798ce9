"""The report of a trained model: figures as SVG in two colour schemes, and tables."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from services.trainer.data.split import Parts
from services.trainer.definition import Definition
from services.trainer.fitting.grid_search import SearchScores
from services.trainer.report import (
    calibration,
    class_balance,
    confusion_matrix,
    curves,
    feature_distributions,
    feature_importance,
)
from services.trainer.report.drawing import Drawing
from services.trainer.report.labelled_predictions import LabelledPredictions, predict
from services.trainer.report.search_tables import best_candidates


def draw(estimator: Any, parts: Parts, definition: Definition, searches: Sequence[SearchScores]) -> dict[str, bytes]:
    """Return the files of the report by name: report.json and, for each figure, an SVG in each colour scheme."""
    drawings = _drawings(estimator, parts, definition)
    index = {
        "figures": [drawing.entry() for drawing in drawings],
        "searches": best_candidates(searches),
        "class_balance": class_balance.counts(parts, definition),
    }
    files = {name: content for drawing in drawings for name, content in drawing.files().items()}
    return {"report.json": (json.dumps(index, indent=2, allow_nan=False) + "\n").encode(), **files}


def _drawings(estimator: Any, parts: Parts, definition: Definition) -> list[Drawing]:
    held_out = parts.validation.joined(parts.test)
    on_test, on_held_out = predict(estimator, parts.test, definition), predict(estimator, held_out, definition)
    score = feature_importance.scoring(estimator, held_out, definition)
    ranked = feature_importance.importances(estimator, held_out, definition, score)
    # A text has no distribution that could be drawn, nor has a column without a value.
    matrix = parts.training.inputs.matrix
    drawn = [each.column for each in ranked if not np.isnan(matrix[:, each.column]).all()]
    return [
        confusion_matrix.drawing(on_test),
        *_of_probabilities(on_test, on_held_out),
        feature_importance.drawing(ranked, score, len(definition.inputs)),
        class_balance.drawing(class_balance.counts(parts, definition)),
        *([feature_distributions.drawing(parts.training, definition, drawn)] if drawn else []),
    ]


def _of_probabilities(on_test: LabelledPredictions, on_held_out: LabelledPredictions) -> list[Drawing]:
    """Return the figures that need probabilities, none if the estimator gives none."""
    if not on_test.probabilities.size:
        return []
    return [
        curves.drawing(curves.ROC, on_test),
        curves.drawing(curves.PRECISION_RECALL, on_test),
        calibration.drawing(on_held_out),
    ]

"""The report of a trained model: figures as SVG, one for each colour scheme, and tables."""

import json
from collections.abc import Sequence
from typing import Any

from services.trainer.definition import Definition
from services.trainer.report import balance, calibration, confusion, curves, importance, inputs
from services.trainer.report.answers import answers, joined
from services.trainer.report.drawing import Drawing
from services.trainer.report.tables import searches
from services.trainer.search import Table
from services.trainer.split import Parts


def draw(estimator: Any, parts: Parts, definition: Definition, tables: Sequence[Table]) -> dict[str, bytes]:
    """The files of the report by name: report.json, which names the others, and two SVG files a figure."""
    drawings = _drawings(estimator, parts, definition)
    index = {
        "figures": [drawing.entry() for drawing in drawings],
        "searches": searches(tables),
        "class_balance": balance.counts(parts, definition),
    }
    files = {name: content for drawing in drawings for name, content in drawing.files().items()}
    return {"report.json": (json.dumps(index, indent=2, allow_nan=False) + "\n").encode(), **files}


def _drawings(estimator: Any, parts: Parts, definition: Definition) -> list[Drawing]:
    held_out = joined(parts.validation, parts.test)
    on_test, on_held_out = answers(estimator, parts.test, definition), answers(estimator, held_out, definition)
    score = importance.scoring(estimator, held_out, definition)
    ranked = importance.importances(estimator, held_out, definition, score)
    return [
        confusion.drawing(on_test),
        curves.drawing(curves.ROC, on_test),
        curves.drawing(curves.PRECISION_RECALL, on_test),
        calibration.drawing(on_held_out),
        importance.drawing(ranked, score, len(definition.inputs)),
        balance.drawing(balance.counts(parts, definition)),
        inputs.drawing(parts.training, definition, [each.column for each in ranked]),
    ]

"""Golden rows: samples with the predictions of training, which the api compares before it serves a version."""

from typing import Any

from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

COUNT = 5


def predict_golden_rows(estimator: Any, test: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """Return the first COUNT rows of the test part, each with the label and the probabilities that are predicted.

    A missing value is left out of the row. There are no probabilities if the estimator gives none.
    """
    names, labels = [feature.name for feature in definition.columns], definition.labels
    output = infer(estimator, test.frame.iloc[:COUNT], len(labels))
    return [
        {
            "features": {name: value for name, value in zip(names, row, strict=True) if value is not None},
            "label": labels[code],
            "probabilities": dict(zip(labels, probabilities, strict=bool(probabilities))),
        }
        for row, code, probabilities in zip(
            test.values[:COUNT].tolist(), output.classes, output.probabilities.tolist(), strict=True
        )
    ]

"""Golden rows: samples with the predictions of training, which the api compares before it serves a version."""

from typing import Any

from petalstream.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

COUNT = 5


def predict_golden_rows(estimator: Any, test: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """Return the first COUNT rows of the test part, each with the label and the probabilities that are predicted."""
    names = [feature.name for feature in definition.features]
    labels = [str(label) for label in estimator.classes_]
    output = infer(estimator, test.samples[:COUNT])
    return [
        {
            "features": dict(zip(names, row, strict=True)),
            "label": labels[position],
            "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
        }
        for row, position, probabilities in zip(
            test.values[:COUNT].tolist(), output.classes, output.probabilities, strict=True
        )
    ]

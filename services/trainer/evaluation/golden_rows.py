"""Golden rows: samples with the predictions of training, which the api compares before it serves a version."""

from typing import Any

from petalstream.model.golden import describe_output
from petalstream.model.inference import infer
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

COUNT = 5


def predict_golden_rows(estimator: Any, test: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """Return the first COUNT rows of the test part, each with what is predicted. A missing value is left out."""
    names = [feature.name for feature in definition.columns]
    output = infer(estimator, test.frame.iloc[:COUNT], len(definition.labels))
    return [
        {"features": {name: value for name, value in zip(names, row, strict=True) if value is not None}, **prediction}
        for row, prediction in zip(
            test.values[:COUNT].tolist(), describe_output(definition.labels, output), strict=True
        )
    ]

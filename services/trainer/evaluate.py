"""What a fitted model is worth: on the validation part, which gates publication, and on the test part, for report."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from services.trainer.dataset import Dataset
from services.trainer.definition import Definition

BINS = 10
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
GOLDEN_ROWS = 5


def metrics(estimator: Any, validation: Dataset, test: Dataset, labels: Sequence[str]) -> dict[str, Any]:
    """Accuracy on both parts and, on the test part, precision, recall and number of samples (support) per class."""
    predicted = estimator.predict(test.samples)
    precision, recall, _, support = precision_recall_fscore_support(
        test.labels, predicted, labels=list(labels), zero_division=0.0
    )
    classes = {
        label: {"precision": float(precision[i]), "recall": float(recall[i]), "support": int(support[i])}
        for i, label in enumerate(labels)
    }
    return {
        "validation_accuracy": float(accuracy_score(validation.labels, estimator.predict(validation.samples))),
        "test_accuracy": float(accuracy_score(test.labels, predicted)),
        "test_classes": classes,
    }


def training_distribution(training: Dataset, definition: Definition) -> dict[str, Any]:
    """Of each feature in the training part: ten bins of equal width (edges, counts), and quantiles."""
    distribution = {}
    for column, feature in enumerate(definition.features):
        values = training.samples[:, column]
        counts, edges = np.histogram(values, bins=BINS)
        quantiles = {f"{q:g}": float(np.quantile(values, q)) for q in QUANTILES}
        distribution[feature.name] = {"edges": edges.tolist(), "counts": counts.tolist(), "quantiles": quantiles}
    return distribution


def golden_rows(estimator: Any, test: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """A few rows of the test part with the label and the probabilities that the model gives for them."""
    samples = test.samples[:GOLDEN_ROWS]
    names = [feature.name for feature in definition.features]
    classes = [str(label) for label in estimator.classes_]
    return [
        {
            "features": dict(zip(names, row.tolist(), strict=True)),
            "label": str(label),
            "probabilities": dict(zip(classes, probabilities.tolist(), strict=True)),
        }
        for row, label, probabilities in zip(
            samples, estimator.predict(samples), estimator.predict_proba(samples), strict=True
        )
    ]


def table(figures: dict[str, Any]) -> str:
    """The metrics as the lines that the trainer prints."""
    lines = [
        f"validation accuracy {figures['validation_accuracy']:.3f}",
        f"test accuracy       {figures['test_accuracy']:.3f}",
        f"{'on the test part':<18}{'precision':>10}{'recall':>8}{'samples':>9}",
    ]
    for label, of_class in figures["test_classes"].items():
        lines.append(f"{label:<18}{of_class['precision']:>10.3f}{of_class['recall']:>8.3f}{of_class['support']:>9}")
    return "\n".join(lines)

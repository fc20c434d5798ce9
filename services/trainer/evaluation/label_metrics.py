"""Metrics of predicted labels: on the validation part, which decides on publication, and on the test part."""

from collections.abc import Mapping
from typing import Any

from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from petalstream.model.inference import infer_classes
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition


def validate(estimator: Any, validation: Dataset, definition: Definition) -> dict[str, float]:
    """Return the accuracy on the validation part."""
    predicted = infer_classes(estimator, validation.frame, len(definition.labels)).classes
    return {"validation_accuracy": float(accuracy_score(validation.targets, predicted))}


def compute(estimator: Any, test: Dataset, definition: Definition) -> dict[str, Any]:
    """Return accuracy, and each class's precision, recall and support, on the test part.

    Support is a number of samples. `commonest_share` is the accuracy of always predicting the commonest class.
    """
    labels = definition.labels
    on_test = infer_classes(estimator, test.frame, len(labels)).classes
    precision, recall, _, support = precision_recall_fscore_support(
        test.targets, on_test, labels=range(len(labels)), zero_division=0.0
    )
    classes = {
        label: {"precision": float(precision[i]), "recall": float(recall[i]), "support": int(support[i])}
        for i, label in enumerate(labels)
    }
    return {
        "test_accuracy": float(accuracy_score(test.targets, on_test)),
        "commonest_share": max(int(count) for count in support) / len(test),
        "test_classes": classes,
    }


def describe(metrics: Mapping[str, Any]) -> str:
    """Return the metrics as the lines that the trainer prints."""
    lines = [
        f"validation accuracy {metrics['validation_accuracy']:.3f}",
        f"test accuracy       {metrics['test_accuracy']:.3f}"
        f" (always the commonest class: {metrics['commonest_share']:.3f})",
        f"{'on the test part':<18}{'precision':>10}{'recall':>8}{'samples':>9}",
    ]
    for label, of_class in metrics["test_classes"].items():
        lines.append(f"{label:<18}{of_class['precision']:>10.3f}{of_class['recall']:>8.3f}{of_class['support']:>9}")
    return "\n".join(lines)

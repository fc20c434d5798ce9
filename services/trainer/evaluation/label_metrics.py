"""Metrics of predicted labels: on the validation part, which decides on publication, and on the test part."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from petalstream.model.inference import infer_classes
from petalstream.model.outputs import ClassOutput
from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Classes, Definition
from services.trainer.evaluation.estimates import Statistic, estimate, estimate_share, evaluate
from services.trainer.evaluation.label_statistics import of_labels, of_probabilities
from services.trainer.evaluation.slices import measure_slices
from services.trainer.evaluation.table import format_headline, format_table


def validate(estimator: Any, validation: Dataset, definition: Definition) -> dict[str, float]:
    """Return the accuracy on the validation part."""
    predicted = infer_classes(estimator, validation.frame, len(definition.labels)).classes
    return {"validation_accuracy": float(accuracy_score(validation.targets, predicted))}


def compute(estimator: Any, parts: Parts, definition: Definition, target: Classes) -> dict[str, Any]:
    """Return accuracy, all metrics, the slices and the classes on the test part.

    `test` has the estimate of each metric; those of probabilities only if the estimator gives some, or votes.
    `baseline` has its value of always predicting the commonest label of the training part, with the shares of that part
    as probabilities. `commonest_share` is the accuracy of the commonest label of the test part. Support is a number of
    samples.
    """
    test = parts.test
    on_test = infer_classes(estimator, test.frame, len(definition.labels))
    is_right = test.targets == on_test.classes
    classes = _by_class(test.targets, on_test.classes, definition.labels)
    constant = _constant(parts, on_test.probabilities.shape)
    return {
        "test_accuracy": float(is_right.mean()),
        "commonest_share": max(each["support"] for each in classes.values()) / len(test),
        "test_classes": classes,
        "test": {
            "accuracy": estimate_share(is_right),
            **estimate(_statistics(test.targets, on_test, target), len(test)),
        },
        "baseline": {
            "accuracy": float((test.targets == constant.classes).mean()),
            **evaluate(_statistics(test.targets, constant, target), len(test)),
        },
        "slices": measure_slices(test, definition.columns, lambda rows: estimate_share(is_right[rows])),
    }


def describe(metrics: Mapping[str, Any]) -> str:
    """Return the metrics as the lines that the trainer prints."""
    validated = metrics.get("validation_accuracy")
    lines = [
        *([] if validated is None else [f"validation accuracy {validated:.3f}"]),
        f"test accuracy       {format_headline(metrics['test']['accuracy'])};"
        f" always the commonest class: {metrics['commonest_share']:.3f}",
        *format_table(metrics, "always the commonest"),
        f"{'on the test part':<25}{'precision':>10}{'recall':>8}{'samples':>9}",
    ]
    for label, of_class in metrics["test_classes"].items():
        lines.append(f"{label:<25}{of_class['precision']:>10.3f}{of_class['recall']:>8.3f}{of_class['support']:>9}")
    return "\n".join(lines)


def _by_class(true: NDArray[Any], predicted: NDArray[Any], labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return precision, recall and support of each label."""
    precision, recall, _, support = precision_recall_fscore_support(
        true, predicted, labels=range(len(labels)), zero_division=0.0
    )
    return {
        label: {"precision": float(precision[i]), "recall": float(recall[i]), "support": int(support[i])}
        for i, label in enumerate(labels)
    }


def _statistics(true: NDArray[Any], output: ClassOutput, target: Classes) -> dict[str, Statistic]:
    label_count = len(target.order)
    found = of_labels(true, output.classes, label_count)
    if output.probabilities.size:
        found |= of_probabilities(true, output.probabilities, target.order.index(target.displayed[-1]))
    return found


def _constant(parts: Parts, shape: tuple[int, ...]) -> ClassOutput:
    """Return the training part's commonest label for each test row and, in this shape, its shares of labels."""
    counts = np.bincount(parts.training.targets, minlength=shape[1])
    shares = np.broadcast_to(counts[: shape[1]] / counts.sum(), shape)
    return ClassOutput(np.full(shape[0], counts.argmax()), shares, None)

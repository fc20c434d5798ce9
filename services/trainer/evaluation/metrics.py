"""What a fitted model is worth: on the validation part, which gates publication, and on the test part, for report."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from petalstream.inference import infer, predicted
from petalstream.schema import Feature
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError

BINS = 10
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
GOLDEN_ROWS = 5


def metrics(estimator: Any, validation: Dataset, test: Dataset, definition: Definition) -> dict[str, Any]:
    """Accuracy on both parts and, on the test part, precision, recall and number of samples (support) per class.

    `commonest_share` is the accuracy that always saying the commonest class would have on the test part.
    """
    labels = list(definition.words.values())
    on_test = predicted(estimator, test.samples)
    precision, recall, _, support = precision_recall_fscore_support(
        test.labels, on_test, labels=labels, zero_division=0.0
    )
    classes = {
        label: {"precision": float(precision[i]), "recall": float(recall[i]), "support": int(support[i])}
        for i, label in enumerate(labels)
    }
    return {
        "validation_accuracy": float(accuracy_score(validation.labels, predicted(estimator, validation.samples))),
        "test_accuracy": float(accuracy_score(test.labels, on_test)),
        "commonest_share": max(int(count) for count in support) / len(test.labels),
        "test_classes": classes,
    }


def check_choices(estimator: Any, test: Dataset, definition: Definition) -> None:
    """Raise DefinitionError where the estimator fails on a choice that is allowed, seen in training or not."""
    for column, feature in enumerate(definition.inputs):
        for code, choice in enumerate(feature.options):
            sample = test.samples[:1].copy()
            sample[0, column] = code
            try:
                infer(estimator, sample)
            except ValueError as error:
                raise DefinitionError(f"the estimator fails where {feature.name} is {choice}: {error}") from error


def training_distribution(training: Dataset, definition: Definition) -> dict[str, Any]:
    """Of each input in the training part: counts of the choices; of a number ten bins of equal width, and quantiles."""
    return {
        feature.name: _distribution(feature, training.samples[:, column])
        for column, feature in enumerate(definition.inputs)
    }


def _distribution(feature: Feature, values: NDArray[np.float64]) -> dict[str, Any]:
    if choices := list(feature.options):
        return {"choices": choices, "counts": [int((values == code).sum()) for code in range(len(choices))]}
    counts, edges = np.histogram(values, bins=BINS)
    quantiles = {f"{q:g}": float(np.quantile(values, q)) for q in QUANTILES}
    return {"edges": edges.tolist(), "counts": counts.tolist(), "quantiles": quantiles}


def golden_rows(estimator: Any, test: Dataset, definition: Definition) -> list[dict[str, Any]]:
    """A few rows of the test part with the label and the probabilities that the model gives for them."""
    names = [feature.name for feature in definition.features]
    labels = [str(label) for label in estimator.classes_]
    found = infer(estimator, test.samples[:GOLDEN_ROWS])
    return [
        {
            "features": dict(zip(names, row, strict=True)),
            "label": labels[position],
            "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
        }
        for row, position, probabilities in zip(
            test.values[:GOLDEN_ROWS].tolist(), found.classes, found.probabilities, strict=True
        )
    ]


def table(figures: dict[str, Any]) -> str:
    """The metrics as the lines that the trainer prints."""
    lines = [
        f"validation accuracy {figures['validation_accuracy']:.3f}",
        f"test accuracy       {figures['test_accuracy']:.3f}"
        f" (always the commonest class: {figures['commonest_share']:.3f})",
        f"{'on the test part':<18}{'precision':>10}{'recall':>8}{'samples':>9}",
    ]
    for label, of_class in figures["test_classes"].items():
        lines.append(f"{label:<18}{of_class['precision']:>10.3f}{of_class['recall']:>8.3f}{of_class['support']:>9}")
    return "\n".join(lines)


def cross_validated(figures: Mapping[str, Any]) -> list[str]:
    """The repeated cross-validation as lines, with all inputs and without those that are compared."""
    measured = {"": figures} | {f" without {name}": less for name, less in figures["without"].items()}
    return [
        f"{figures['repeats']} x {figures['folds']}-fold cross-validation{which}:"
        f" accuracy {found['accuracy']['mean']:.3f} ± {found['accuracy']['spread']:.3f},"
        f" balanced {found['balanced_accuracy']['mean']:.3f} ± {found['balanced_accuracy']['spread']:.3f}"
        for which, found in measured.items()
    ]

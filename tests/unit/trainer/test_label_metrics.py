"""What the manifest and the trainer's lines have of a model of labels."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss
from sklearn.svm import LinearSVC

from petalstream.model.inference import infer_classes
from services.trainer.data.split import Parts, split
from services.trainer.definition import Classes
from services.trainer.evaluation import label_metrics
from tests.unit.trainer.roses import FOREST, defined, roses, vote

OF_LABELS = {"accuracy", "balanced_accuracy", "matthews_correlation"}
OF_PROBABILITIES = {"roc_auc", "average_precision", "log_loss", "brier_score"}


def measured(estimator: Any) -> tuple[dict[str, Any], Parts, Any]:
    """The metrics of the fitted estimator, the parts, and what it predicts of the test part."""
    definition = defined(estimator)
    samples = roses(definition)
    parts = split(samples, samples.targets, 0)
    fitted = estimator.fit(parts.training.frame, parts.training.targets)
    assert isinstance(definition.target, Classes)
    found = label_metrics.validate(fitted, parts.validation, definition)
    found |= label_metrics.compute(fitted, parts, definition, definition.target)
    return found, parts, infer_classes(fitted, parts.test.frame, len(definition.labels))


@pytest.mark.parametrize(
    ("estimator", "names"),
    [(LinearSVC(random_state=0), OF_LABELS), (FOREST, OF_LABELS | OF_PROBABILITIES)],
    ids=["without probabilities", "with"],
)
def test_metrics_of_probabilities_are_there_if_the_estimator_gives_some(estimator: Any, names: set[str]) -> None:
    found, parts, output = measured(estimator)
    assert found["test"].keys() == found["baseline"].keys() == names
    assert found["test"]["accuracy"]["value"] == accuracy_score(parts.test.targets, output.classes)
    for each in found["test"].values():
        assert each["lower"] <= each["value"] <= each["upper"]


def test_a_vote_has_the_shares_of_its_votes_as_probabilities() -> None:
    found, parts, output = measured(vote())
    assert output.votes is not None
    assert found["test"].keys() == OF_LABELS | OF_PROBABILITIES
    assert found["test"]["log_loss"]["value"] == pytest.approx(log_loss(parts.test.targets, output.probabilities))


def test_the_baseline_is_the_training_parts_commonest_label_with_its_shares() -> None:
    found, parts, _ = measured(FOREST)
    counts = np.bincount(parts.training.targets)
    shares = np.tile(counts / counts.sum(), (len(parts.test), 1))
    baseline = found["baseline"]
    assert baseline["accuracy"] == (parts.test.targets == counts.argmax()).mean()
    assert baseline["balanced_accuracy"] == pytest.approx(1 / 3)
    assert (baseline["roc_auc"], baseline["matthews_correlation"]) == (0.5, 0)
    assert baseline["log_loss"] == pytest.approx(log_loss(parts.test.targets, shares))


def test_the_trainer_prints_each_metric_with_interval_and_baseline() -> None:
    found, _, _ = measured(FOREST)
    lines = label_metrics.describe(found).splitlines()
    accuracy = found["test"]["accuracy"]
    interval = f"{accuracy['lower']:.3f} to {accuracy['upper']:.3f}"
    assert f"test accuracy       {accuracy['value']:.3f} (95% interval {interval})" in lines[1]
    for name, title in (("roc_auc", "Area under the ROC curve"), ("brier_score", "Brier score")):
        (line,) = (line for line in lines if line.startswith(title))
        each = found["test"][name]
        shown = [f"{number:.3f}" for number in (each["value"], each["lower"], each["upper"], found["baseline"][name])]
        assert line.removeprefix(title).replace(" to ", " ").split() == shown

"""Compares a model with the served version on rows that neither was trained on."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.features import Feature, Number
from petalstream.model import bundle, runtime
from petalstream.model.bundle import Bundle
from petalstream.model.inputs import Inputs
from petalstream.model.manifest import BundleError, Manifest
from petalstream.model.outputs import NumberOutput
from services.trainer.conditions.decisions import Decision
from services.trainer.conditions.metric_words import name_of
from services.trainer.conditions.paired_comparison import compare, compared_metric
from services.trainer.conditions.remembered import remember
from services.trainer.data.dataset import Dataset
from services.trainer.data.known_parts import parts_of
from services.trainer.definition import Definition, NoWorseThanServed

# One row has no spread.
FEWEST_ROWS = 2


def compare_with_served(
    models_dir: Path, name: str, definition: Definition, estimator: Any, test: Dataset
) -> list[Decision]:
    """Return the decision on NoWorseThanServed, none if the definition does not ask for it.

    A model is refused if the difference to the served version is shown by an interval, on the rows of `test` that the
    served version was not fitted on either. If there is nothing to compare, it passes.
    """
    if not any(isinstance(condition, NoWorseThanServed) for condition in definition.publish_if):
        return []
    try:
        served = bundle.current(models_dir, name)
    except BundleError as error:
        is_first = not bundle.versions(models_dir, name)
        return [_passed("no version is served yet" if is_first else f"the served version cannot be read: {error}")]
    before = f"the served version {served.manifest.version}"
    if difference := _find_difference(served.manifest, definition):
        return [_passed(f"{before} has {difference}")]
    try:
        common = _common_rows(served, test)
        others = _predict(served, common.inputs) if len(common) >= FEWEST_ROWS else None
    except Exception as error:  # whatever unpickling raises
        return [_passed(f"{before} cannot be opened: {error}")]
    if others is None:
        return [_passed(f"{before} was fitted on all of these test rows, or on all but one")]
    return [decide_no_worse(definition, served.manifest.version, estimator, common, others)]


def decide_no_worse(
    definition: Definition, version: str, estimator: Any, test: Dataset, others: NDArray[Any]
) -> Decision:
    """Decide whether a model is no worse than the served version, which predicts the `others`, of shape (n,).

    It is worse if the upper bound of the gain is below 0.
    """
    predicted = remember(estimator, test, definition).predictions
    found = compare(compared_metric(definition), test.targets, predicted, others)
    is_worse = found.gain.high < 0
    value, other, high = (found.write(number, definition) for number in (found.value, found.other, found.gain.high))
    sentence = (
        f"{name_of(found.metric)} {value} on {found.rows:,} test rows against {other} of the served version {version}:"
        f" the gain is at most {high} with 95 % confidence"
    )
    return found.decide(NoWorseThanServed(), not is_worse, sentence + (", and must not be below 0" if is_worse else ""))


def _passed(reason: str) -> Decision:
    sentence = f"not compared with a served version: {reason}"
    return Decision(str(NoWorseThanServed()), "", None, None, 0, True, sentence)


def _find_difference(served: Manifest, definition: Definition) -> str:
    """Return what keeps two models from being compared, "" if they take and predict the same."""
    if tuple(map(_shape, served.inputs)) != tuple(map(_shape, definition.inputs)):
        return "other inputs"
    target = definition.target
    if (served.target, served.unit) != (definition.target_column, target.unit if isinstance(target, Number) else ""):
        return "another target"
    return "" if served.labels == definition.labels else "other labels"


def _shape(feature: Feature) -> tuple[object, ...]:
    return type(feature), feature.name, feature.options


def _common_rows(served: Bundle, test: Dataset) -> Dataset:
    """Return the samples of `test` that the served version knows from its own test part, or not. Raises BundleError."""
    served.verify()
    known = parts_of(served)
    fitted_on = [*known["training"], *known["validation"]]
    return test.part(np.flatnonzero(~np.isin(test.keys, fitted_on)))


def _predict(served: Bundle, inputs: Inputs) -> NDArray[Any]:
    """Return the labels' positions or numbers. Raises BundleError, and whatever unpickling raises."""
    model = runtime.load_onnx(served) if served.manifest.onnx else runtime.load_pickle(served)
    output = model(inputs)
    return output.numbers if isinstance(output, NumberOutput) else output.classes

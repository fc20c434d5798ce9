"""Decides on the conditions of publication that the validation part can tell."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.conditions.decisions import Decision
from services.trainer.conditions.floor_advice import advise
from services.trainer.conditions.metric_estimates import estimate_metric
from services.trainer.conditions.metric_words import name_of, write_value
from services.trainer.conditions.paired_comparison import compare, compared_metric
from services.trainer.conditions.remembered import Remembered, remember
from services.trainer.data.dataset import Dataset
from services.trainer.definition import BetterThanBaseline, Definition, DefinitionError, Floor
from services.trainer.definition.scores import measure


def decide(
    definition: Definition, least_accuracy: float, estimator: Any, training: Dataset, validation: Dataset, seed: int
) -> list[Decision]:
    """Return a decision on each floor and on the baseline; `least_accuracy` is one more floor, for labels.

    The estimator was fitted on the training part, and the baseline is of that too. Raises DefinitionError for a metric
    that needs what the estimator does not give, such as probabilities.
    """
    remembered = remember(estimator, validation, definition)
    conditions = list(definition.publish_if)
    if least_accuracy and definition.labels:
        conditions.append(Floor("accuracy", least_accuracy))
    decisions = []
    for condition in conditions:
        if isinstance(condition, Floor):
            decisions.append(_decide_floor(condition, definition, remembered, validation, seed))
        elif isinstance(condition, BetterThanBaseline):
            decisions.append(_decide_baseline(definition, remembered, training, validation))
    return decisions


def _decide_floor(
    floor: Floor, definition: Definition, remembered: Remembered, validation: Dataset, seed: int
) -> Decision:
    try:
        found = estimate_metric(floor.metric, remembered, validation.targets, seed)
    except Exception as error:  # what a score raises depends on the score
        name = type(definition.estimator).__name__
        raise DefinitionError(f"publish_if: {floor.metric} cannot be computed for {name}: {error}") from error
    is_met, rows = found.low >= floor.at_least, len(validation)
    metric, sign = name_of(floor.metric), measure(floor.metric)[1]
    value, bound = (write_value(sign * number, floor.metric, definition) for number in (found.value, found.low))
    limit = "at least" if sign > 0 else "at most"
    measured = f"{metric} {value} on {rows:,} {_rows_of(definition)} is {limit} {bound} with 95 % confidence"
    wanted = write_value(sign * floor.at_least, floor.metric, definition)
    advice = advise(floor.metric, found, floor.at_least, rows)
    sentence = f"{measured}, as {floor} asks" if is_met else f"{measured}, and must be {limit} {wanted}{advice}"
    interval = (found.low, found.high) if sign > 0 else (-found.high, -found.low)
    return Decision(str(floor), metric, sign * found.value, interval, rows, is_met, sentence)


def _decide_baseline(
    definition: Definition, remembered: Remembered, training: Dataset, validation: Dataset
) -> Decision:
    """Decide whether the model is better than the baseline: the lower bound of the gain must be above 0."""
    if definition.labels:
        commonest = int(np.bincount(training.targets).argmax())
        others, words = np.full(len(validation), commonest), f"always {definition.labels[commonest]}"
    else:
        others, words = np.full(len(validation), training.targets.mean()), "always the mean"
    found = compare(compared_metric(definition), validation.targets, remembered.predictions, others)
    value, other, low = (found.write(number, definition) for number in (found.value, found.other, found.gain.low))
    metric, is_met = name_of(found.metric), found.gain.low > 0
    measured = f"{metric} {value} on {found.rows:,} {_rows_of(definition)} against {other} of {words}"
    sentence = f"{measured}: the gain is at least {low} with 95 % confidence"
    if not is_met:
        sentence += ", and must be above 0" + _hint(definition, validation, remembered, others)
    return found.decide(BetterThanBaseline(), is_met, sentence)


def _hint(definition: Definition, validation: Dataset, remembered: Remembered, others: NDArray[np.int64]) -> str:
    """Return what to try if a model has no better accuracy, but counts each label alike better than the baseline."""
    if compared_metric(definition) != "accuracy":
        return ""
    balanced = compare("balanced_accuracy", validation.targets, remembered.predictions, others)
    if balanced.gain.low <= 0:
        return ""
    return f'; its balanced accuracy {balanced.value:.3f} is better, and is compared with scoring="balanced_accuracy"'


def _rows_of(definition: Definition) -> str:
    return "rows of the CSV" if definition.fitted else "validation rows"

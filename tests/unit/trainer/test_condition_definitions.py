"""Conditions that a definition cannot mean."""

import re
from dataclasses import replace
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from services.trainer.definition import BetterThanBaseline, Classes, Definition, DefinitionError, Floor
from tests.unit.trainer.condition_rates import LABELS, NUMBERS


@pytest.mark.parametrize(
    ("definition", "conditions", "said"),
    [
        (LABELS, Floor("accuracy", 0.9), "publish_if must be a list, such as [BetterThanBaseline()], not Floor"),
        (LABELS, "accuracy", "publish_if must be a list, such as [BetterThanBaseline()], not 'accuracy'"),
        (LABELS, [0.9], 'publish_if must have conditions such as Floor("accuracy", 0.9), BetterThanBaseline() and'),
        (LABELS, [BetterThanBaseline], "publish_if must have conditions such as"),
        (LABELS, [Floor("acuracy", 0.9)], "scikit-learn has no metric 'acuracy'; it has accuracy, "),
        (LABELS, [Floor(5, 0.9)], "scikit-learn has no metric 5; it has "),  # type: ignore[arg-type]
        (LABELS, [Floor("r2", 0.9)], "the metric 'r2' is none of 2 predicted labels"),
        (NUMBERS, [Floor("accuracy", 0.9)], "the metric 'accuracy' is none of predicted numbers; r2 and neg_mean_abs"),
        (NUMBERS, [Floor("roc_auc", 0.9)], "the metric 'roc_auc' is none of predicted numbers"),
        (LABELS, [Floor("accuracy", True)], "at_least of accuracy must be a number, not True"),
        (LABELS, [Floor("accuracy", float("nan"))], "at_least of accuracy must be a number, not nan"),
        (LABELS, [Floor("accuracy", "0.9")], "at_least of accuracy must be a number, not '0.9'"),  # type: ignore[arg-type]
        (LABELS, [Floor("accuracy", 90)], "at_least of accuracy must be below 1, not 90"),
        (LABELS, [Floor("accuracy", 1)], "at_least of accuracy must be below 1, not 1"),
        (NUMBERS, [Floor("neg_mean_absolute_error", 300)], "must be negative, such as -300, not 300"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(definition: Definition, conditions: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        replace(definition, publish_if=conditions)


def test_a_score_for_two_labels_is_refused_for_three() -> None:
    three = Classes("true", ["a", "b", "c"])
    with pytest.raises(DefinitionError, match="the metric 'f1' is none of 3 predicted labels"):
        replace(LABELS, target=three, publish_if=[Floor("f1", 0.5)])
    assert replace(LABELS, target=three, publish_if=[Floor("f1_macro", 0.5), Floor("roc_auc_ovr", 0.5)]).labels
    # Labels of the CSV are not known yet.
    assert replace(NUMBERS, target=Classes("true"), estimator=LogisticRegression(), publish_if=[Floor("f1", 0.5)])

"""The conditions of publication: which models they refuse, and in which words."""

import numpy as np
import pytest

from services.trainer.conditions.decisions import Refused, require_passed
from services.trainer.definition import BetterThanBaseline, Floor, NoWorseThanServed
from tests.unit.trainer.condition_decisions import both_labels, decided, right
from tests.unit.trainer.condition_rates import ALIKE, LABELS, NUMBERS

DEFAULT = (BetterThanBaseline(), NoWorseThanServed())


def test_by_default_a_model_must_beat_the_baseline_and_be_no_worse_than_the_served_one() -> None:
    assert tuple(LABELS.publish_if) == DEFAULT


def test_a_model_below_the_commonest_label_is_refused() -> None:
    # 0.645 against 0.700: 140 of 200 rows are no.
    true, predictions = both_labels(no=(110, 30), yes=(19, 41))
    (decision,) = decided(LABELS, true, predictions, *DEFAULT)
    assert not decision.passed
    assert decision.sentence == (
        "accuracy 0.645 on 200 validation rows against 0.700 of always no: the gain is at least -0.112 with 95 %"
        " confidence, and must be above 0"
    )


def test_a_model_that_is_better_than_the_commonest_label_by_chance_is_refused() -> None:
    true, predictions = both_labels(no=(38, 4), yes=(6, 12))
    (decision,) = decided(LABELS, true, predictions, BetterThanBaseline())
    assert decision.value == pytest.approx(2 / 60)
    assert not decision.passed


def test_an_imbalanced_model_is_compared_by_balanced_accuracy_if_the_search_maximises_another_score() -> None:
    true, predictions = both_labels(no=(85, 10), yes=(4, 1))
    (by_accuracy,) = decided(LABELS, true, predictions, BetterThanBaseline())
    (by_balanced,) = decided(ALIKE, true, predictions, BetterThanBaseline())
    assert (by_accuracy.passed, by_balanced.passed) == (False, True)
    assert by_accuracy.sentence.endswith(
        '; its balanced accuracy 0.847 is better, and is compared with scoring="balanced_accuracy"'
    )
    assert by_balanced.sentence.startswith("balanced accuracy 0.847 on 100 validation rows against 0.500 of always no")


def test_numbers_must_have_a_smaller_error_than_always_the_mean() -> None:
    true = np.arange(40.0)
    (good,) = decided(NUMBERS, true, true + np.tile([1, -1], 20), BetterThanBaseline())
    (poor,) = decided(NUMBERS, true, true[::-1], BetterThanBaseline())
    assert (good.passed, poor.passed) == (True, False)
    assert good.sentence.startswith("mean absolute error 1 on 40 validation rows against 10 of always the mean")
    assert good.metric == "gain in mean absolute error"
    assert good.value == pytest.approx(9)


def test_the_setting_is_one_more_floor_of_labels() -> None:
    (decision,) = decided(LABELS, *right(30, 29), least=0.9)
    assert (decision.condition, decision.passed) == ('Floor("accuracy", 0.9)', False)
    assert decided(NUMBERS, np.arange(30.0), np.arange(30.0), least=0.9) == []


def test_without_conditions_nothing_is_decided() -> None:
    assert decided(LABELS, *right(30, 0)) == []


def test_each_condition_that_is_not_met_is_told_and_each_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    decisions = decided(LABELS, *right(30, 26), Floor("accuracy", 0.6), Floor("accuracy", 0.9), Floor("recall", 0.9))
    with pytest.raises(Refused) as refused:
        require_passed("rose", decisions)
    first, *others = str(refused.value).splitlines()
    assert first == "2 conditions are not met, and nothing was published:"
    assert others == [f"  {decision.sentence}" for decision in decisions[1:]]
    assert capsys.readouterr().out == f"rose: {decisions[0].sentence}\n"
    with pytest.raises(Refused, match="would have to be right; nothing was published"):
        require_passed("rose", decided(LABELS, *right(30, 20), Floor("accuracy", 0.9)))

"""The predictions that the report is drawn from."""

import dataclasses

import pytest
from sklearn.tree import DecisionTreeClassifier

from services.trainer.definition import Classes
from services.trainer.models import load_definition
from services.trainer.report.labelled_predictions import predict
from tests.unit.trainer.reports import parts_of


@pytest.mark.parametrize(
    ("positive", "classes"),
    [(None, ("survived", "died")), ("died", ("survived", "died")), ("survived", ("died", "survived"))],
)
def test_curves_are_those_of_the_positive_label_which_is_the_last(
    positive: str | None, classes: tuple[str, str]
) -> None:
    model = load_definition("heart_failure")
    assert isinstance(model.target, Classes)
    target = dataclasses.replace(model.target, positive=positive)
    test = parts_of(model).test
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(test.frame, test.targets)
    found = predict(tree, test, target)
    assert found.classes == classes
    likeliest = [classes[column] for column in found.probabilities.argmax(axis=1)]
    agreeing = sum(first == second for first, second in zip(likeliest, found.predicted, strict=True))
    assert agreeing > 0.95 * len(test)  # equal probabilities aside

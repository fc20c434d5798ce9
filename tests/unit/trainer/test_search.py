"""The search: what is tuned by itself, what as a whole, and what is refused before it is published."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Number, YesNo
from petalstream.model.inference import infer_classes, voters
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition, DefinitionError
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitting.cross_validation import cross_validate
from services.trainer.fitting.grid_search import search
from tests.unit.trainer.datasets import make_dataset

VOTE = VotingClassifier([("tree", DecisionTreeClassifier(random_state=0)), ("line", LogisticRegression())])


def defined(
    estimator: Any, grid: dict[str, Any], scoring: str = "accuracy", labels: Sequence[str] = ("elm", "oak")
) -> Definition:
    return Definition(
        csv="leaves.csv",
        features=[Number("length", "Length", "cm"), YesNo("hairy", "Hairy")],
        target=Classes("tree", labels),
        estimator=estimator,
        grid=grid,
        scoring=scoring,
    )


def leaves(model: Definition) -> Dataset:
    draw = np.random.default_rng(0)
    matrix = np.column_stack([draw.normal(size=60), draw.integers(0, 2, 60)])
    limits = [0, 0.5][: len(model.labels) - 1]
    return make_dataset(model, matrix, np.digitize(matrix[:, 0] + draw.normal(size=60), limits))


def test_each_voter_of_a_majority_vote_is_tuned_by_itself() -> None:
    grid = {"tree__max_depth": [1, 2, 3], "line__C": [0.1, 1.0]}
    model = defined(VOTE, grid)
    vote, chosen, tables = search(model, leaves(model), 0)
    assert [(table.searched, len(table.rows)) for table in tables] == [("tree", 3), ("line", 2)]
    assert set(chosen) == set(grid)
    assert vote.named_estimators_["tree"].max_depth == chosen["tree__max_depth"]


def test_a_majority_vote_that_is_part_of_a_pipeline_is_tuned_with_it_as_a_whole() -> None:
    grid = {"votingclassifier__tree__max_depth": [1, 2], "votingclassifier__line__C": [0.1, 1.0]}
    model = defined(make_pipeline(StandardScaler(), VOTE), grid)
    fitted, chosen, (table,) = search(model, leaves(model), 0)
    assert (table.searched, len(table.rows), set(chosen)) == ("", 4, set(grid))
    assert voters(fitted) == ["tree", "line"]
    votes = infer_classes(fitted, leaves(model).frame, len(model.labels)).votes
    assert votes is not None
    assert votes.shape == (60, 2)


def test_the_best_candidate_comes_first() -> None:
    model = defined(DecisionTreeClassifier(), {"max_depth": [1, 2, 3, 8]})
    _, chosen, (table,) = search(model, leaves(model), 0)
    scores = [mean for _, mean, _ in table.rows]
    assert scores == sorted(scores, reverse=True)
    assert table.rows[0][0] == chosen


@pytest.mark.parametrize("positive", ["elm", "oak"])
def test_a_score_of_one_label_is_that_of_the_positive_one(positive: str) -> None:
    model = defined(DummyClassifier(strategy="constant"), {"constant": [0, 1]}, "recall")
    assert isinstance(model.target, Classes)
    model = dataclasses.replace(model, target=dataclasses.replace(model.target, positive=positive))
    fitted, _, _ = search(model, leaves(model), 0)
    classes = infer_classes(fitted, leaves(model).frame, len(model.labels)).classes
    assert {model.labels[code] for code in classes} == {positive}


@pytest.mark.parametrize(
    ("estimator", "grid", "scoring", "reason"),
    [
        (
            DecisionTreeClassifier(),
            {"max_depth": [1, 2]},
            "f1",
            "with max_depth=1 cannot be scored by 'f1': Target is multiclass",
        ),
        (
            DecisionTreeClassifier(),
            {"max_depth": ["deep"]},
            "accuracy",
            "with max_depth='deep' cannot be fitted: The 'max_depth' parameter of DecisionTreeClassifier must be",
        ),
        (
            make_pipeline(make_column_transformer((OneHotEncoder(), ["colour"])), LogisticRegression()),
            {},
            "accuracy",
            "cannot be fitted: Some column names are not columns of the dataframe: {'colour'}",
        ),
        (LinearSVC(), {}, "roc_auc_ovr", "cannot be scored by 'roc_auc_ovr'"),
    ],
    ids=["score", "value", "column", "no probabilities"],
)
def test_a_search_in_which_nothing_can_be_fitted_or_scored_names_the_reason(
    estimator: Any, grid: dict[str, Any], scoring: str, reason: str
) -> None:
    model = defined(estimator, grid, scoring, ("elm", "oak", "yew"))
    with pytest.raises(DefinitionError) as refused:
        search(model, leaves(model), 0)
    assert str(refused.value).startswith("search: the estimator ")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_input_that_the_estimator_names_cannot_be_compared_without() -> None:
    named = make_column_transformer((StandardScaler(), ["length"]), remainder="passthrough")
    model = defined(make_pipeline(named, LogisticRegression()), {})
    model = dataclasses.replace(model, compare_without=["length"])
    with pytest.raises(
        DefinitionError, match="compare_without: the estimator cannot do without length: Some column names"
    ):
        cross_validate(model.estimator, leaves(model), model, 0, 48)


@pytest.mark.parametrize(("unknown", "fails"), [("error", True), ("ignore", False)])
def test_a_model_that_fails_on_a_choice_that_training_has_not_seen_is_refused(unknown: str, fails: bool) -> None:
    encoded = make_column_transformer((OneHotEncoder(handle_unknown=unknown), ["colour"]), remainder="passthrough")
    model = defined(make_pipeline(encoded, LogisticRegression()), {"logisticregression__C": [1.0]})
    colour = Category("colour", "Colour", choices=("green", "red", "never seen"))
    model = dataclasses.replace(model, features=[model.features[0], colour])
    fitted, _, _ = search(model, leaves(model), 0)
    if fails:
        with pytest.raises(DefinitionError, match="the estimator fails where colour is never seen: Found unknown"):
            check_choices(fitted, leaves(model), model)
    else:
        check_choices(fitted, leaves(model), model)

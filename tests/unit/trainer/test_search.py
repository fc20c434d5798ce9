"""The search: what is tuned by itself, what as a whole, and what is refused before it is published."""

from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.inference import infer, voters
from petalstream.schema import Feature, Kind
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition, DefinitionError
from services.trainer.evaluation.choices import check_choices
from services.trainer.fitting.grid_search import search

VOTE = VotingClassifier([("tree", DecisionTreeClassifier(random_state=0)), ("line", LogisticRegression())])


def defined(estimator: Any, grid: dict[str, Any], scoring: str = "accuracy") -> Definition:
    return Definition(
        csv="leaves.csv",
        features=[
            Feature("length", "Length", "cm"),
            Feature("colour", "Colour", kind=Kind.CATEGORY, choices=("green", "red", "never seen")),
        ],
        target="tree",
        labels=["elm", "oak"],
        estimator=estimator,
        grid=grid,
        scoring=scoring,
    )


def leaves() -> Dataset:
    draw = np.random.default_rng(0)
    samples = np.column_stack([draw.normal(size=60), draw.integers(0, 2, 60)])
    labels = np.where(samples[:, 0] + draw.normal(size=60) > 0, "oak", "elm")
    return Dataset(samples.astype(object), samples, labels, np.arange(60))


def test_each_voter_of_a_majority_vote_is_tuned_by_itself() -> None:
    grid = {"tree__max_depth": [1, 2, 3], "line__C": [0.1, 1.0]}
    vote, chosen, tables = search(defined(VOTE, grid), leaves(), 0)
    assert [(table.searched, len(table.rows)) for table in tables] == [("tree", 3), ("line", 2)]
    assert set(chosen) == set(grid)
    assert vote.named_estimators_["tree"].max_depth == chosen["tree__max_depth"]


def test_a_majority_vote_that_is_part_of_a_pipeline_is_tuned_with_it_as_a_whole() -> None:
    grid = {"votingclassifier__tree__max_depth": [1, 2], "votingclassifier__line__C": [0.1, 1.0]}
    fitted, chosen, (table,) = search(defined(make_pipeline(StandardScaler(), VOTE), grid), leaves(), 0)
    assert (table.searched, len(table.rows), set(chosen)) == ("", 4, set(grid))
    assert voters(fitted) == ["tree", "line"]
    votes = infer(fitted, leaves().samples).votes
    assert votes is not None
    assert votes.shape == (60, 2)


def test_the_best_candidate_comes_first() -> None:
    _, chosen, (table,) = search(defined(DecisionTreeClassifier(), {"max_depth": [1, 2, 3, 8]}), leaves(), 0)
    scores = [mean for _, mean, _ in table.rows]
    assert scores == sorted(scores, reverse=True)
    assert table.rows[0][0] == chosen


@pytest.mark.filterwarnings("ignore")
def test_a_search_in_which_nothing_could_be_scored_is_refused() -> None:
    with pytest.raises(DefinitionError, match="search: no candidate has a score of 'f1'"):
        search(defined(DecisionTreeClassifier(), {"max_depth": [1, 2]}, scoring="f1"), leaves(), 0)


@pytest.mark.parametrize(("unknown", "fails"), [("error", True), ("ignore", False)])
def test_a_model_that_fails_on_a_choice_that_training_has_not_seen_is_refused(unknown: str, fails: bool) -> None:
    encoded = make_column_transformer((OneHotEncoder(handle_unknown=unknown), [1]), remainder="passthrough")
    model = defined(make_pipeline(encoded, LogisticRegression()), {"logisticregression__C": [1.0]})
    fitted, _, _ = search(model, leaves(), 0)
    if fails:
        with pytest.raises(DefinitionError, match="the estimator fails where colour is never seen: Found unknown"):
            check_choices(fitted, leaves(), model)
    else:
        check_choices(fitted, leaves(), model)

"""What is served: fitted alike each time, on all rows that are free for it, and cross-validated at that size."""

import dataclasses
import random
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Number
from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition
from services.trainer.fitting import cross_validation
from services.trainer.fitting.grid_search import search
from services.trainer.fitting.seeding import seed_everything, seeded
from services.trainer.models import load_definition
from services.trainer.tasks import task_of
from tests.unit.trainer.datasets import make_dataset
from tests.unit.trainer.reports import parts_of

FOREST = RandomForestClassifier(5)
DRAWING = {
    "forest": FOREST,
    "in a pipeline": make_pipeline(QuantileTransformer(n_quantiles=10), FOREST),
    "in a vote": VotingClassifier([("a", DecisionTreeClassifier(max_features=1)), ("b", LogisticRegression())]),
    "in a bag": BaggingClassifier(DecisionTreeClassifier(max_features=1), 5),
    "of a selection": make_pipeline(SelectFromModel(FOREST, max_features=2), FOREST),
}


class OldStyle:
    """Draws from NumPy's and Python's own generators, and has no random_state."""

    def fit(self, samples: Any, targets: Any) -> "OldStyle":
        self.threshold_ = np.random.uniform() + random.uniform(0, 1)
        return self


def defined(estimator: Any) -> Definition:
    return Definition("", [Number(name) for name in "abc"], Classes("kind", ["x", "y"]), estimator)


def samples_of(model: Definition) -> Dataset:
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(200, 3))
    return make_dataset(model, matrix, (matrix[:, 0] + draw.normal(size=200) > 0).astype(int))


@pytest.mark.parametrize("estimator", DRAWING.values(), ids=DRAWING)
def test_an_estimator_without_a_random_state_is_the_same_each_time(estimator: Any) -> None:
    model = defined(estimator)
    samples = samples_of(model)
    first, again = (joblib.hash(search(model, samples, 7)[0]) for _ in range(2))
    assert first == again


def test_a_random_state_that_is_given_is_kept() -> None:
    assert seeded(make_pipeline(RandomForestClassifier(random_state=3)), 7)[0].random_state == 3
    assert seeded(make_pipeline(RandomForestClassifier()), 7)[0].random_state == 7


def test_the_definitions_estimator_is_left_as_it_is() -> None:
    seeded(FOREST, 7)
    assert FOREST.random_state is None


def test_an_estimator_that_draws_from_the_generators_of_the_process_is_the_same_each_time() -> None:
    thresholds = set()
    for _ in range(2):
        seed_everything(7)
        thresholds.add(OldStyle().fit([[0.0], [1.0]], [0, 1]).threshold_)
    assert len(thresholds) == 1


def test_labels_are_served_by_a_model_of_training_and_validation_part(iris: Bundle) -> None:
    model = load_definition("iris")
    parts = parts_of(model)
    fitted_on = task_of(model).fitted_on(parts)
    assert len(fitted_on) == 120
    assert not set(fitted_on.keys.tolist()) & set(parts.test.keys.tolist())
    saved = joblib.load(iris.path / "model.joblib")
    inputs = iris.manifest.inputs
    tested = to_frame(inputs, encode_inputs([row for _, row, _ in iris.test_set()], inputs))
    for part, is_it in ((fitted_on, True), (parts.training, False)):
        fitted = clone(saved).fit(part.frame, part.targets)
        assert np.allclose(fitted.predict_proba(tested), saved.predict_proba(tested)) == is_it
    assert iris.manifest.data["fitted_on"] == 120
    assert iris.manifest.data["parts"] == {"training": 90, "validation": 30, "test": 30}


def test_rows_that_decide_on_an_interval_are_never_fitted_on() -> None:
    model = load_definition("penguins")
    parts = parts_of(model)
    assert task_of(model).fitted_on(parts) is parts.training
    assert len(task_of(model).unseen(parts)) == len(parts.validation) + len(parts.test)


class Counted(DummyClassifier):  # type: ignore[misc]
    """Notes on how many rows it is fitted."""

    rows: list[int] = []  # noqa: RUF012 - shared by clones on purpose

    def fit(self, samples: Any, targets: Any, sample_weight: Any = None) -> "Counted":
        self.rows.append(len(samples))
        super().fit(samples, targets, sample_weight)
        return self


@pytest.mark.parametrize(("served", "fitted"), [(160, {160}), (120, {120})])
def test_the_models_of_the_cross_validation_are_of_the_size_of_the_served_one(served: int, fitted: set[int]) -> None:
    Counted.rows.clear()
    model = defined(Counted())
    found = cross_validation.cross_validate(model.estimator, samples_of(model), model, 0, served)
    assert set(Counted.rows) == fitted
    assert (found["rows"], found["folds"], found["repeats"]) == (served, 5, 5)


def test_a_cross_validation_of_copies_holds_all_of_them_out_together() -> None:
    """Labels at random, each row four times: a model that learns by heart is right by chance where it has seen none."""
    model = defined(DecisionTreeClassifier(random_state=0))
    draw = np.random.default_rng(0)
    matrix, codes = np.repeat(draw.normal(size=(50, 3)), 4, axis=0), np.repeat(draw.integers(0, 2, 50), 4)
    samples = make_dataset(model, matrix, codes)
    apart = cross_validation.cross_validate(model.estimator, samples, model, 0, 160)
    together = dataclasses.replace(samples, units=np.repeat(np.arange(50), 4))
    found = cross_validation.cross_validate(model.estimator, together, model, 0, 160)
    assert found["accuracy"]["mean"] < 0.7 < 0.95 < apart["accuracy"]["mean"]


def test_times_are_cross_validated_once_and_forward() -> None:
    model = defined(LogisticRegression())
    samples = dataclasses.replace(samples_of(model), times=np.arange(200.0))
    found = cross_validation.cross_validate(model.estimator, samples, model, 0, 160)
    assert (found["folds"], found["repeats"]) == (5, 1)
    assert found["rows"] <= 160


def test_a_regressor_without_a_random_state_is_seeded_too() -> None:
    assert seeded(RandomForestRegressor(), 5).random_state == 5

"""A model is compared with the served version on rows that neither was trained on."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Number
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.trainer.conditions.decisions import Decision, Refused
from services.trainer.conditions.served_comparison import compare_with_served
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition, NoWorseThanServed
from services.trainer.training import train_definition
from tests.publications import names
from tests.trained import quick_definition
from tests.unit.trainer.reports import DATA, parts_of

IRIS = replace(quick_definition("iris"), publish_if=[NoWorseThanServed()])
PENGUINS = replace(quick_definition("penguins"), publish_if=[NoWorseThanServed()])
STUMP = replace(IRIS, estimator=DecisionTreeClassifier(max_depth=1, random_state=0), grid={})


@pytest.fixture
def models(iris: Bundle, tmp_path: Path) -> Path:
    """A models folder that serves Iris."""
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    return tmp_path


def all_rows(definition: Definition) -> Dataset:
    path = DATA / definition.file.path
    return csv_reader.parse(path.read_bytes(), path, definition)[1]


def compared(models: Path, definition: Definition, name: str = "iris") -> Decision:
    """The decision on a model that is fitted on the training part, given all rows to test it on."""
    training = parts_of(definition).training
    estimator = definition.estimator.fit(training.frame, training.targets)
    (decision,) = compare_with_served(models, name, definition, estimator, all_rows(definition))
    return decision


def test_a_worse_model_does_not_replace_the_served_one(models: Path) -> None:
    settings = Settings(models_dir=models, data_dir=DATA)
    with pytest.raises(Refused) as refused:
        train_definition(settings, "iris", STUMP)
    assert re.fullmatch(
        r"accuracy 0\.667 on 30 test rows against 0\.9\d\d of the served version 1: the gain is at most -0\.\d+ with"
        r" 95 % confidence, and must not be below 0; nothing was published",
        str(refused.value),
    )
    assert names(models / "iris") == ["1", "current"]


def test_an_equal_model_replaces_the_served_one_and_says_so(models: Path) -> None:
    published = train_definition(Settings(models_dir=models, data_dir=DATA), "iris", IRIS)
    (condition,) = published.manifest.conditions
    assert published.manifest.version == "2"
    assert (condition["condition"], condition["passed"], condition["value"]) == ("NoWorseThanServed()", True, 0)
    assert "of the served version 1: the gain is at most 0." in condition["sentence"]
    assert Bundle.at(published.path).manifest.conditions[0]["rows"] == 30


def test_only_rows_that_the_served_version_was_tested_on_are_compared(models: Path) -> None:
    training = parts_of(IRIS).training
    estimator = IRIS.estimator.fit(training.frame, training.targets)
    assert compared(models, IRIS).rows == 30
    (of_training,) = compare_with_served(models, "iris", IRIS, estimator, training)
    assert of_training.sentence.endswith("the served version 1 was fitted on all of these test rows, or on all but one")


def test_a_model_is_compared_with_none_before_the_first(tmp_path: Path) -> None:
    decision = compared(tmp_path, IRIS)
    assert decision.sentence == "not compared with a served version: no version is served yet"
    assert (decision.passed, decision.value, decision.interval, decision.rows) == (True, None, None, 0)


def test_without_the_condition_nothing_is_compared(models: Path) -> None:
    without = replace(IRIS, publish_if=[])
    assert compare_with_served(models, "iris", without, LogisticRegression(), all_rows(IRIS)) == []


def forget(field: str) -> Callable[[Path], None]:
    """Take a field from the manifest, as of an older format."""

    def change(version: Path) -> None:
        manifest = json.loads((version / "manifest.json").read_text())
        del manifest[field]
        (version / "manifest.json").write_text(json.dumps(manifest))

    return change


def empty(name: str) -> Callable[[Path], None]:
    """Overwrite a file."""

    def change(version: Path) -> None:
        (version / name).write_bytes(b"")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (forget("conditions"), "the served version cannot be read: .*manifest.json is not a manifest of this release"),
        (empty("manifest.json"), "the served version cannot be read: "),
        (empty("model.onnx"), "the served version 1 cannot be opened: .*model.onnx was altered"),
        (empty("test.csv"), "the served version 1 cannot be opened: .*test.csv was altered"),
    ],
)
def test_a_served_version_that_cannot_be_opened_holds_up_no_better_one(
    models: Path, change: Callable[[Path], None], said: str
) -> None:
    change(models / "iris" / "1")
    decision = compared(models, IRIS)
    assert decision.passed
    assert re.match(f"not compared with a served version: {said}", decision.sentence)


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (replace(IRIS, features=[replace(IRIS.columns[0], used=False), *IRIS.columns[1:]]), "other inputs"),
        (
            replace(IRIS, target=Classes("species", {"setosa": "a", "versicolor": "b", "virginica": "c"})),
            "other labels",
        ),
    ],
)
def test_a_served_version_of_another_kind_is_not_compared(models: Path, definition: Definition, said: str) -> None:
    assert compared(models, definition).sentence == (
        f"not compared with a served version: the served version 1 has {said}"
    )


def test_a_worse_model_of_numbers_is_refused(penguins: Bundle) -> None:
    folder = penguins.path.parent.parent
    assert compared(folder, PENGUINS, "penguins").passed
    decision = compared(folder, replace(PENGUINS, estimator=DummyRegressor(), grid={}), "penguins")
    assert not decision.passed
    assert re.match(r"mean absolute error \d+ g on 68 test rows against \d+ g of the served version", decision.sentence)
    assert isinstance(PENGUINS.target, Number)
    kilograms = replace(PENGUINS, target=replace(PENGUINS.target, unit="kg"))
    assert compared(folder, kilograms, "penguins").sentence.endswith("the served version 1 has another target")

"""From data to a published bundle: the same each time, gated, and never half there."""

import dataclasses
import json
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Number
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from petalstream.model.manifest import Manifest
from petalstream.settings import Settings
from services.trainer.conditions.decisions import Refused
from services.trainer.data import csv_reader
from services.trainer.data.known_parts import parts_of, read_known_parts
from services.trainer.definition import Classes, Definition
from services.trainer.models import load_definition
from services.trainer.publishing import bundle_writer
from services.trainer.publishing.existing_bundles import find_up_to_date
from services.trainer.rollback import roll_back
from services.trainer.training import train_definition
from tests.publications import names, publish_again
from tests.trained import quick_definition, train_quickly


@pytest.fixture
def own(settings: Settings, iris: Bundle, root: Path, tmp_path: Path) -> Settings:
    """Settings whose models folder (with Iris trained) and data folder are a test's own."""
    shutil.copytree(settings.models_dir, tmp_path / "models")
    shutil.copytree(root / "data", tmp_path / "data")
    return dataclasses.replace(settings, models_dir=tmp_path / "models", data_dir=tmp_path / "data")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_data_and_seed_give_the_same_test_set_and_metrics(own: Settings, iris: Bundle) -> None:
    again = train_quickly(own, "iris")
    assert again.manifest.metrics == iris.manifest.metrics
    assert again.manifest.parameters == iris.manifest.parameters
    assert again.manifest.files["test.csv"] == iris.manifest.files["test.csv"]


def test_rows_that_are_known_keep_their_part_when_others_are_added_and_the_seed_changes(own: Settings) -> None:
    data = own.data_dir / "iris.csv"
    data.write_bytes(data.read_bytes() + b"5.05,3.45,1.45,0.25,setosa\n")
    before = parts_of(bundle.current(own.models_dir, "iris"))
    after = parts_of(train_quickly(dataclasses.replace(own, train_seed=7), "iris"))
    assert sum(map(len, after.values())) == sum(map(len, before.values())) + 1 == 151
    for part, keys in before.items():
        assert set(keys) <= set(after[part])


def test_a_version_whose_parts_were_altered_is_passed_over(own: Settings, iris: Bundle) -> None:
    publish_again(own.models_dir, iris)
    (own.models_dir / "iris" / "2" / "parts.json").write_text("{}")
    assert read_known_parts(own.models_dir, "iris") == parts_of(Bundle.at(own.models_dir / "iris" / "1"))
    (own.models_dir / "iris" / "1" / "parts.json").write_text("{}")
    assert read_known_parts(own.models_dir, "iris") == {}


@pytest.mark.long
def test_a_number_of_the_row_as_an_input_is_warned_of_in_training_and_report(
    own: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sorted by species, the number of the row tells it without fault."""
    data = own.data_dir / "iris.csv"
    header, *rows = data.read_text().splitlines()
    data.write_text("\n".join([f"id,{header}", *(f"{number},{row}" for number, row in enumerate(rows, 1))]))
    plain = quick_definition("iris")
    numbered = dataclasses.replace(plain, features=[Number("id"), *plain.features])
    manifest = train_definition(own, "iris", numbered).manifest
    printed = capsys.readouterr().out
    said = "id rises from row to row: is it a number of the row, or a time?"
    assert f"iris: note: {said}" in printed
    assert said in manifest.findings


def test_training_again_publishes_a_new_version_and_leaves_the_old_one(own: Settings) -> None:
    before = contents(own.models_dir / "iris" / "1")
    train_quickly(own, "iris")
    assert bundle.current(own.models_dir, "iris").manifest.version == "2"
    assert contents(own.models_dir / "iris" / "1") == before


def test_the_manifest_tells_metrics_parameters_libraries_and_distribution(iris: Bundle) -> None:
    manifest = json.loads((iris.path / "manifest.json").read_text())
    assert manifest["metrics"]["validation_accuracy"] >= 0.9
    assert set(manifest["metrics"]["test_classes"]) == {"setosa", "versicolor", "virginica"}
    assert sum(of_class["support"] for of_class in manifest["metrics"]["test_classes"].values()) == 30
    assert set(manifest["parameters"]) == {f"classify__{name}" for name in ("C", "max_iter", "class_weight", "solver")}
    unpickled_by, beside = {"scikit-learn", "joblib", "numpy"}, {"python", "scipy", "pandas", "matplotlib"}
    assert set(manifest["libraries"]) == unpickled_by | beside | {"skl2onnx", "onnx", "onnxruntime"}
    for feature in manifest["features"]:
        distribution = manifest["training"][feature["name"]]
        assert sum(distribution["counts"]) == 120
        assert len(distribution["edges"]) == len(distribution["counts"]) + 1
        assert distribution["quantiles"]["0"] == distribution["edges"][0]


def test_the_reported_test_accuracy_is_that_of_the_saved_model_on_the_saved_test_set(iris: Bundle) -> None:
    model = joblib.load(iris.path / "model.joblib")
    samples, inputs = list(iris.test_set()), iris.manifest.inputs
    codes = model.predict(to_frame(inputs, encode_inputs([row for _, row, _ in samples], inputs)))
    right = sum(label == iris.manifest.labels[code] for (_, _, label), code in zip(samples, codes, strict=True))
    assert iris.manifest.metrics["test_accuracy"] == right / 30


def test_a_model_below_the_floor_is_not_published(own: Settings) -> None:
    before = contents(own.models_dir)
    with pytest.raises(Refused, match=r"must be at least 1\.000: no number of rows shows that; nothing was published"):
        train_quickly(dataclasses.replace(own, min_validation_accuracy=1.0), "iris")
    assert contents(own.models_dir) == before


def test_a_model_that_is_no_better_than_the_commonest_label_is_refused_unless_that_is_asked_for(own: Settings) -> None:
    """Labels at random, seven of ten alike: an estimator that learns them by heart is right in less than that."""
    draw = np.random.default_rng(0)
    lines = [f"{draw.random():.6f},{'no' if draw.random() < 0.7 else 'yes'}" for _ in range(300)]
    (own.data_dir / "noise.csv").write_text("\n".join(["x,sold", *lines]))
    noise = Definition("noise.csv", [Number("x")], Classes("sold", ["no", "yes"]), DecisionTreeClassifier())
    with pytest.raises(Refused, match=r"of always no: the gain is at least -0.* and must be above 0.*; nothing was"):
        train_definition(own, "noise", noise)
    assert not (own.models_dir / "noise").exists()
    published = train_definition(own, "noise", dataclasses.replace(noise, publish_if=[])).manifest.metrics
    assert published["test_accuracy"] < published["commonest_share"]


@pytest.mark.long
def test_an_estimator_that_draws_at_random_is_as_good_when_it_is_trained_again(own: Settings) -> None:
    forest = dataclasses.replace(quick_definition("iris"), estimator=RandomForestClassifier(5), grid={})
    first, again = (train_definition(own, "iris", forest).manifest for _ in range(2))
    assert again.fingerprint == first.fingerprint
    assert again.metrics == first.metrics
    (compared,) = (each for each in again.conditions if each["condition"] == "NoWorseThanServed()")
    assert (compared["value"], compared["rows"], compared["passed"]) == (0, 30, True)


def test_an_unchanged_model_is_up_to_date(own: Settings) -> None:
    assert find_up_to_date(own, "iris")


def test_a_model_is_not_up_to_date_after_a_change_of_data_seed_or_bundle(own: Settings) -> None:
    assert not find_up_to_date(dataclasses.replace(own, train_seed=43), "iris")
    data = own.data_dir / "iris.csv"
    original = data.read_bytes()
    data.write_bytes(original + b"5.1,3.5,1.4,0.2,setosa\n")
    assert not find_up_to_date(own, "iris")
    data.write_bytes(original)
    assert find_up_to_date(own, "iris")
    (own.models_dir / "iris" / "1" / "model.joblib").write_bytes(b"altered")
    assert not find_up_to_date(own, "iris")


def test_the_newest_version_is_up_to_date_where_an_older_one_serves_since_a_rollback(
    own: Settings, iris: Bundle
) -> None:
    publish_again(own.models_dir, iris)
    roll_back(own.models_dir, "iris", None)
    kept = find_up_to_date(own, "iris")
    assert kept is not None
    assert kept.manifest.version == "2"


@pytest.mark.parametrize("spoil", ["model.joblib", "manifest.json"])
def test_a_rollback_from_a_broken_version_is_kept_where_the_data_are_as_they_were(
    own: Settings, iris: Bundle, spoil: str
) -> None:
    (publish_again(own.models_dir, iris).path / spoil).write_text("altered")
    roll_back(own.models_dir, "iris", None)
    assert find_up_to_date(own, "iris")


def test_after_a_rollback_training_follows_a_change_since_the_newest_version(own: Settings, iris: Bundle) -> None:
    for fingerprint in ("older", "newer"):
        publish_again(own.models_dir, iris, fingerprint=fingerprint)
    roll_back(own.models_dir, "iris", None)
    assert not find_up_to_date(own, "iris")
    roll_back(own.models_dir, "iris", "1")
    kept = find_up_to_date(own, "iris")  # the served one is what training would give
    assert kept is not None
    assert kept.manifest.version == "1"


def test_nothing_is_up_to_date_where_what_was_rolled_back_to_is_broken(own: Settings, iris: Bundle) -> None:
    publish_again(own.models_dir, iris)
    roll_back(own.models_dir, "iris", None)
    (own.models_dir / "iris" / "1" / "model.joblib").write_bytes(b"altered")
    assert not find_up_to_date(own, "iris")


def test_a_version_that_was_never_served_is_no_reason_not_to_train(own: Settings, iris: Bundle) -> None:
    home = own.models_dir / "iris"
    publish_again(own.models_dir, iris, fingerprint="older")
    shutil.copytree(home / "1", home / "3")
    (home / "3" / "current").write_text("3\n")  # as a kill between the two renames leaves it
    assert not find_up_to_date(own, "iris")
    assert names(home) == ["1", "2", "current"]


@pytest.mark.long
def test_training_keeps_as_many_versions_as_the_setting_says(own: Settings, iris: Bundle) -> None:
    publish_again(own.models_dir, iris)
    train_quickly(dataclasses.replace(own, model_versions=2), "iris")
    assert names(own.models_dir / "iris") == ["2", "3", "current"]


def test_a_publication_that_fails_leaves_no_trace(own: Settings, iris: Bundle) -> None:
    before = contents(own.models_dir)
    _, read = csv_reader.parse(csv_reader.read(own.data_dir / "iris.csv"), Path(), load_definition("iris"))
    empty = read.part(np.arange(0))
    with pytest.raises(Exception, match="pickle"):
        bundle_writer.publish(own.models_dir, iris.manifest, lambda: "functions cannot be pickled", empty, {}, 5)
    assert contents(own.models_dir) == before
    assert names(own.models_dir / "iris") == ["1", "current"]


def test_versions_count_on_from_the_highest(tmp_path: Path) -> None:
    assert bundle_writer.next_version(tmp_path) == "1"
    for name in ("9", "10", ".staging-x", "current"):
        (tmp_path / name).mkdir()
    assert bundle_writer.next_version(tmp_path) == "11"


def test_a_manifest_survives_its_way_to_disk(iris: Bundle) -> None:
    assert Manifest.from_json(iris.manifest.to_json()).to_json() == iris.manifest.to_json()

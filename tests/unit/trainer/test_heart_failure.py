"""The heart-failure model: its inputs, its vote, and the figures that README gives."""

import re
from pathlib import Path

import joblib
import pytest

from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from petalstream.model.inference import infer_classes
from petalstream.settings import Settings
from services.trainer.models import load_definition
from services.trainer.training import train

INPUTS = [
    "age",
    "anaemia",
    "creatinine_phosphokinase",
    "ejection_fraction",
    "high_blood_pressure",
    "platelets",
    "serum_creatinine",
    "serum_sodium",
    "smoking",
    "time",
]


def test_ten_features_in_this_order_are_the_models_inputs(heart_failure: Bundle) -> None:
    assert [feature.name for feature in heart_failure.manifest.inputs] == INPUTS
    assert joblib.load(heart_failure.path / "model.joblib").n_features_in_ == 10
    left_out = [feature.name for feature in heart_failure.manifest.features if not feature.used]
    assert left_out == ["diabetes", "sex"]


def test_three_kinds_of_trees_were_tuned_each_by_itself_and_outvote_one_another(heart_failure: Bundle) -> None:
    vote = joblib.load(heart_failure.path / "model.joblib")
    kinds = {name: type(voter).__name__ for name, voter in vote.named_estimators_.items()}
    assert kinds == {
        "decision_tree": "DecisionTreeClassifier",
        "random_forest": "RandomForestClassifier",
        "extra_trees": "ExtraTreesClassifier",
    }
    assert heart_failure.manifest.voters == tuple(kinds)
    for key, value in heart_failure.manifest.parameters.items():
        assert vote.get_params()[key] == value
    assert {key.split("__")[0] for key in heart_failure.manifest.parameters} == set(kinds)
    test_set = [features for _, features, _ in heart_failure.test_set()]
    inputs = heart_failure.manifest.inputs
    samples = to_frame(inputs, encode_inputs(test_set, inputs))
    found = infer_classes(vote, samples, len(heart_failure.manifest.labels))
    assert found.classes.tolist() == vote.predict(samples).tolist()
    assert found.votes is not None
    assert any(len(set(cast)) == 2 for cast in found.votes.tolist())


def test_the_classes_are_weighed_since_two_of_three_patients_survived() -> None:
    for _, voter in load_definition("heart_failure").estimator.estimators:
        assert voter.class_weight == "balanced"
    assert load_definition("heart_failure").scoring == "balanced_accuracy"


def test_it_is_better_than_the_commonest_class_and_worse_without_the_follow_up_period(heart_failure: Bundle) -> None:
    figures = heart_failure.manifest.metrics
    validated = figures["cross_validation"]
    assert figures["test_accuracy"] > figures["commonest_share"]
    assert validated["accuracy"]["mean"] > validated["without"]["time"]["accuracy"]["mean"] > 203 / 299
    assert (validated["folds"], validated["repeats"]) == (5, 5)


def test_the_manifest_says_what_people_must_know(heart_failure: Bundle) -> None:
    notes = " ".join(heart_failure.manifest.notes)
    assert "no medical device" in notes
    assert "not known when a prediction would be wanted" in notes
    assert heart_failure.manifest.probability == "share of the votes of decision tree, random forest and extra trees"
    assert heart_failure.manifest.data["licence"] == "CC BY 4.0"
    assert heart_failure.manifest.data["rows"] == 299


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["iris", "heart_failure"])
def test_readme_gives_the_figures_of_a_full_training(name: str, root: Path, tmp_path: Path) -> None:
    figures = train(Settings(models_dir=tmp_path), name).manifest.metrics
    validated = figures["cross_validation"]
    (row,) = re.findall(rf"^\| `{name}` \| .*$", (root / "README.md").read_text(), re.MULTILINE)
    expected = [
        f"{figures['test_accuracy']:.3f}",
        f"{figures['commonest_share']:.3f}",
        f"{validated['accuracy']['mean']:.3f} ± {validated['accuracy']['spread']:.3f}",
    ]
    expected += [
        f"{less['accuracy']['mean']:.3f} ± {less['accuracy']['spread']:.3f}" for less in validated["without"].values()
    ]
    for figure in expected:
        assert figure in row

"""What the trainer's report promises: figures for every page and reader, the same each time, and true."""

import dataclasses
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Integer, Number, YesNo
from services.trainer import report
from services.trainer.fitting.grid_search import SearchScores
from services.trainer.models import load_definition
from tests.unit.trainer.reports import SVG, Model, made_up, of_labels, parts_of, reported

pytestmark = pytest.mark.xdist_group("report")  # whose fixtures draw three whole reports
HOSTILE = "a <b> & $c$"
FIGURES = [
    "confusion_matrix",
    "roc_curve",
    "precision_recall_curve",
    "calibration",
    "feature_importance",
    "class_balance",
    "feature_distributions",
]


@pytest.fixture(scope="module")
def iris() -> Model:
    model = load_definition("iris")
    return reported(make_pipeline(StandardScaler(), LogisticRegression()), parts_of(model), model)


@pytest.fixture(scope="module")
def vote() -> Model:
    """A quick majority vote on the heart failure data; its last voter has no probabilities."""
    model = load_definition("heart_failure")
    voters = [
        ("small_tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
        ("small_forest", RandomForestClassifier(5, random_state=0)),
        ("straight_line", make_pipeline(StandardScaler(), LinearSVC(random_state=0))),
    ]
    return reported(VotingClassifier(voters), parts_of(model), model)


@pytest.fixture(scope="module")
def many() -> Model:
    """Twelve classes, an input of each kind, and names that are long or hostile."""
    features = (
        Number("width", "The width at the widest place of all, measured twice", "cm $ & <i>"),
        YesNo("open", HOSTILE),
        Category("colour", "Colour", choices=("red", HOSTILE, "a colour between others")),
        Integer("parts", "Parts"),
    )
    model = of_labels([HOSTILE, "_under", *(f"class of rather long name {i}" for i in range(10))], *features)
    encoded = make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough")
    return reported(make_pipeline(encoded, RandomForestClassifier(10, random_state=0)), made_up(model), model)


@pytest.fixture(params=["iris", "vote", "many"])
def model(request: pytest.FixtureRequest) -> Model:
    found: Model = request.getfixturevalue(request.param)
    return found


def test_every_model_has_every_figure_in_order_and_for_both_schemes(model: Model) -> None:
    assert [figure["name"] for figure in model.index["figures"]] == FIGURES
    named = {figure[scheme] for figure in model.index["figures"] for scheme in ("light", "dark")}
    assert named | {"report.json"} == set(model.files)
    for figure in model.index["figures"]:
        assert model.files[figure["light"]] != model.files[figure["dark"]]


def test_every_figure_has_title_caption_and_a_text_alternative_in_words(model: Model) -> None:
    for figure in model.index["figures"]:
        assert figure["title"]
        assert figure["caption"].endswith(".")
        assert len(figure["alt"].split()) >= 10


def test_every_figure_is_small_svg_of_the_size_that_is_told(model: Model) -> None:
    for figure in model.index["figures"]:
        for scheme in ("light", "dark"):
            content = model.files[figure[scheme]]
            root = ElementTree.fromstring(content)  # noqa: S314 - our own
            assert root.tag == f"{SVG}svg"
            points = [float(root.attrib[side].removesuffix("pt")) for side in ("width", "height")]
            assert points == pytest.approx([figure["width"] * 0.75, figure["height"] * 0.75])
            assert len(content) < 150_000


def test_no_figure_names_another_host_or_runs_a_script(model: Model) -> None:
    for name, content in model.files.items():
        if name.endswith(".svg"):
            root = ElementTree.fromstring(content)  # noqa: S314 - our own
            assert not [element for element in root.iter() if "script" in element.tag or "image" in element.tag]
            for element in root.iter():
                assert not [key for key in element.attrib if key.lower().startswith("on")]
                assert not [value for value in element.attrib.values() if "//" in value]
            assert b"<!" not in content.replace(b"<!--", b"").replace(b"<![CDATA[", b"")


def test_the_same_input_gives_the_same_bytes(iris: Model) -> None:
    assert report.draw(iris.estimator, iris.parts, iris.definition, ()) == iris.files


def test_a_hostile_label_survives(many: Model) -> None:
    for name in ("confusion_matrix", "class_balance", "feature_distributions", "feature_importance"):
        assert HOSTILE in many.texts(name)
    assert HOSTILE in many.figure("confusion_matrix")["alt"]
    assert "_under" in many.texts("class_balance")
    few = of_labels([HOSTILE, "_under"])
    drawn = reported(LogisticRegression(), made_up(few), few)
    assert {HOSTILE, "_under"} <= set(drawn.texts("feature_distributions"))


def test_the_confusion_matrix_is_that_of_the_test_part(vote: Model) -> None:
    test, labels = vote.parts.test, ["survived", "died"]
    predicted = np.array(vote.definition.labels)[vote.estimator.predict(test.frame)]
    counts = confusion_matrix(test.texts, predicted, labels=labels)
    for label, row in zip(labels, counts, strict=True):
        told = ", ".join(f"{count} predicted as {column}" for column, count in zip(labels, row, strict=True) if count)
        assert f"Actually {label} ({row.sum()}): {told}." in vote.figure("confusion_matrix")["alt"]
    assert {str(count) for count in counts.flat} <= set(vote.texts("confusion_matrix"))


def test_a_vote_is_drawn_beside_those_voters_who_have_probabilities(vote: Model) -> None:
    test = vote.parts.test
    tree = vote.estimator.named_estimators_["small_tree"].predict_proba(test.frame)
    died = vote.definition.labels.index("died")
    legend = [text for text in vote.texts("roc_curve") if text.startswith("0.")]
    assert [text.split("  ")[1] for text in legend] == ["majority vote", "small tree", "small forest"]
    assert f"{roc_auc_score(test.texts == 'died', tree[:, died]):.2f}  small tree" in legend


def test_a_vote_in_a_pipeline_is_drawn_too(vote: Model) -> None:
    whole = make_pipeline(StandardScaler(), VotingClassifier(vote.estimator.estimators[:1]))
    drawn = reported(whole, vote.parts, vote.definition)
    assert "small tree" in drawn.figure("roc_curve")["alt"]


@pytest.mark.long
def test_a_vote_searched_by_a_score_of_probabilities_has_its_importance_in_accuracy(vote: Model) -> None:
    by_area = dataclasses.replace(vote.definition, scoring="roc_auc")
    drawn = report.draw(vote.estimator, vote.parts, by_area, ())
    importance = Model(vote.estimator, vote.parts, by_area, drawn).figure("feature_importance")
    assert importance["alt"].startswith("Mean loss of accuracy")


def test_labels_without_a_glyph_in_the_font_that_measures_are_kept() -> None:
    model = of_labels(["菖蒲", "薔薇"], Number("x", "幅"))
    assert "菖蒲" in reported(LogisticRegression(), made_up(model), model).texts("confusion_matrix")


def test_of_many_inputs_the_most_important_are_shown() -> None:
    model = of_labels(["a", "b"], *(Number(f"x{i}", f"Input {i}") for i in range(40)))
    drawn = reported(LogisticRegression(), made_up(model), model)
    for name in ("feature_importance", "feature_distributions"):
        assert len([text for text in drawn.texts(name) if text.startswith("Input ")]) == 15
        assert "15 most important" in drawn.figure(name)["caption"]


def test_the_class_balance_counts_each_part(iris: Model) -> None:
    species = ("setosa", "versicolor", "virginica")
    sizes = {"training": 30, "validation": 10, "test": 10}
    assert iris.index["class_balance"] == {part: dict.fromkeys(species, size) for part, size in sizes.items()}


def test_a_search_is_told_with_its_ten_best_candidates_the_best_first(iris: Model) -> None:
    rows = [({"depth": None if i == 7 else i, "leaf": 0.5}, i / 20, 0.0123456) for i in range(14)]
    rows = [*reversed(rows), ({"depth": 99, "leaf": 0.5}, float("nan"), 0.0)]
    search = SearchScores("tree", "balanced_accuracy", 5, rows)
    drawn = report.draw(iris.estimator, iris.parts, iris.definition, (search,))
    [told] = json.loads(drawn["report.json"])["searches"]
    assert (told["searched"], told["scoring"], told["folds"]) == ("tree", "balanced_accuracy", 5)
    assert (told["candidates"], told["parameters"]) == (15, ["depth", "leaf"])
    assert told["rows"][0] == {"values": ["13", "0.5"], "mean": 0.65, "spread": 0.0123456}
    assert told["rows"][6]["values"] == ["None", "0.5"]
    assert [row["mean"] for row in told["rows"]] == sorted((i / 20 for i in range(4, 14)), reverse=True)

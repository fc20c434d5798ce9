"""Models as ONNX: accepted where the answers are scikit-learn's, for every label and vote, and refused elsewhere."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.graph import Graph
from petalstream.inference import infer
from petalstream.schema import Feature, Kind
from services.trainer.conversion.comparison import ConvertedModel, Disagreement, compare, convert_and_compare
from services.trainer.conversion.comparison_rows import DRAWN, make_comparison_rows
from services.trainer.conversion.onnx_model import convert
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Definition

FEATURES = (
    Feature("height", "Height", "cm", minimum=0),
    Feature("thorns", "Thorns", minimum=0, maximum=60, kind=Kind.INTEGER),
    Feature("wild", "Wild", kind=Kind.YES_NO),
    Feature("colour", "Colour", kind=Kind.CATEGORY, choices=("white", "pink", "red")),
)
WORDS = ("alba", "gallica", "rugosa")
TREE = DecisionTreeClassifier(max_depth=4, class_weight="balanced", random_state=0)
FOREST = RandomForestClassifier(20, random_state=0)
EXTRA = ExtraTreesClassifier(10, min_samples_leaf=3, random_state=0)
BOOSTED = GradientBoostingClassifier(n_estimators=5, random_state=0)
LINE = make_pipeline(StandardScaler(), LogisticRegression())
CHOSEN = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [3]), remainder="passthrough")
VOTERS = [("tree", TREE), ("forest", FOREST), ("line", LINE), ("boosted", BOOSTED), ("extra", EXTRA)]


def vote(left_out: str = "", **parameters: Any) -> VotingClassifier:
    return VotingClassifier([(name, "drop" if name == left_out else each) for name, each in VOTERS], **parameters)


def roses(count: int = 300) -> Dataset:
    """Roses whose kinds overlap, so that voters and trees disagree about many."""
    draw = np.random.default_rng(0)
    height, thorns = draw.normal(100, 30, count).round(1).clip(0), draw.integers(0, 40, count)
    samples = np.column_stack([height, thorns, draw.integers(0, 2, count), draw.integers(0, 3, count)])
    kinds = np.digitize(height + thorns + draw.normal(0, 30, count), [100, 130])
    return Dataset(samples.astype(object), samples, np.array(WORDS)[kinds], np.arange(count))


def defined(estimator: Any) -> Definition:
    return Definition(
        csv="roses.csv", features=FEATURES, target="kind", labels=list(WORDS), estimator=estimator, grid={}
    )


def fitted(estimator: Any) -> Any:
    data = roses()
    return estimator.fit(data.samples, data.labels)


def tried(estimator: Any) -> ConvertedModel | None:
    return convert_and_compare("rose", fitted(estimator), roses(), defined(estimator), 0)


@pytest.mark.parametrize(
    "estimator",
    [
        LINE,
        TREE,
        FOREST,
        BOOSTED,
        make_pipeline(CHOSEN, FOREST),
        CalibratedClassifierCV(EXTRA, cv=3),
        vote(voting="soft", left_out="boosted", weights=[1, 2, 3, 4, 5]),
        vote(),
        vote(weights=[0.1, 0.2, 0.3, 0.1, 0.3], left_out="extra"),
        vote(weights=[3, 1, 1, 1, 1], left_out="forest"),
        make_pipeline(StandardScaler(), vote(left_out="line")),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_a_model_that_converts_answers_thousands_of_rows_as_scikit_learn_does(
    estimator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tried(estimator)
    told = capsys.readouterr().out
    assert found is not None, told
    assert found.facts["largest_difference"] <= found.facts["tolerance"] <= 1e-6
    assert found.facts["rows_compared"] >= DRAWN + 300
    rows = f"{found.facts['rows_compared']:,} rows"
    assert told == f"rose: converted to ONNX, probabilities within 1e-06 of scikit-learn's on {rows}\n"


@pytest.mark.parametrize("trees", [10, 50, 100])
@pytest.mark.parametrize("kinds", [2, 3])
def test_a_forest_answers_to_the_last_bit_though_two_classes_are_equally_likely(trees: int, kinds: int) -> None:
    draw = np.random.default_rng(kinds)
    samples = draw.normal(size=(200, 4)).round(1)
    labels = np.array(WORDS)[np.digitize(samples[:, 0] + draw.normal(0, 2, 200), [0.5, 1.5][: kinds - 1])]
    forest = RandomForestClassifier(trees, random_state=0).fit(samples, labels)
    rows = draw.normal(size=(5_000, 4)).round(1)
    ours, theirs = Graph(convert(forest, 4)).infer(rows), infer(forest, rows)
    most = np.sort(theirs.probabilities)[:, -2:]
    assert (most[:, 0] == most[:, 1]).sum() > 20
    assert ours.classes.tolist() == theirs.classes.tolist()
    assert ours.probabilities.tolist() == theirs.probabilities.tolist()


def test_votes_are_told_in_the_order_of_the_voters() -> None:
    estimator, rows = fitted(vote(left_out="forest")), roses().samples
    ours, theirs = Graph(convert(estimator, len(FEATURES))).infer(rows), infer(estimator, rows)
    assert ours.votes is not None
    assert theirs.votes is not None
    assert ours.votes.tolist() == theirs.votes.tolist()
    assert len(set(map(tuple, ours.votes.T.tolist()))) == 4  # no two of them vote alike, and none could be exchanged


def test_the_same_training_gives_the_same_bytes() -> None:
    first, second = (convert(fitted(vote()), len(FEATURES)) for _ in range(2))
    assert first == second


def test_an_estimator_without_a_converter_is_left_to_scikit_learn(capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(DummyClassifier(strategy="prior")) is None
    told = capsys.readouterr().out
    assert told.startswith("rose: served by scikit-learn: MissingShapeCalculator: Unable to find a shape calculator")
    assert len(told.splitlines()) == 1


def test_a_converter_that_raises_anything_fails_no_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    estimator = fitted(LINE)
    monkeypatch.setattr(estimator[-1], "coef_", None)
    assert convert_and_compare("rose", estimator, roses(), defined(LINE), 0) is None
    assert "rose: served by scikit-learn: " in capsys.readouterr().out


def altered(content: bytes, change: Callable[[onnx.GraphProto], None]) -> bytes:
    """The model with another graph."""
    model = onnx.load_from_string(content)
    change(model.graph)
    return bytes(model.SerializeToString())


def largest_constant_grows(graph: onnx.GraphProto) -> None:
    constant = max(graph.initializer, key=lambda each: len(each.raw_data))
    constant.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(constant) * 1.001, constant.name))


def first_threshold_shrinks(graph: onnx.GraphProto) -> None:
    """By the least that a number of 64 bits can."""
    (trees,) = (node for node in graph.node if node.op_type == "TreeEnsembleRegressor")
    (thresholds,) = (each.t for each in trees.attribute if each.name == "nodes_values_as_tensor")
    values = onnx.numpy_helper.to_array(thresholds).copy()
    values[0] = np.nextafter(values[0], -np.inf)
    thresholds.CopyFrom(onnx.numpy_helper.from_array(values, thresholds.name))


def whole(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples of even numbers: the odd ones between them are a tree's thresholds, and numbers of 32 bits as well."""
    return (samples * 10).round() * 2


def test_a_graph_with_other_numbers_is_refused() -> None:
    estimator = fitted(LINE)
    content = altered(convert(estimator, len(FEATURES)), largest_constant_grows)
    with pytest.raises(Disagreement, match="scikit-learn's"):
        compare(estimator, content, make_comparison_rows(estimator, roses(), defined(LINE), 0))


def test_a_tree_is_refused_for_a_threshold_that_is_one_bit_off() -> None:
    data = roses()
    data = Dataset(data.values, whole(data.samples), data.labels, data.lines)
    tree = DecisionTreeClassifier(random_state=0).fit(data.samples[:, :1], data.labels)
    model = Definition(csv="", features=FEATURES[:1], target="kind", labels=list(WORDS), estimator=tree, grid={})
    rows = make_comparison_rows(tree, Dataset(data.values, data.samples[:, :1], data.labels, data.lines), model, 0)
    content = convert(tree, 1)
    assert compare(tree, content, rows) == 0
    with pytest.raises(Disagreement, match=r"rows differ"):
        compare(tree, altered(content, first_threshold_shrinks), rows)


def test_rows_are_compared_that_the_features_allow_and_that_lie_beside_every_threshold() -> None:
    rows = make_comparison_rows(fitted(FOREST), roses(), defined(FOREST), 0)
    for column, feature in enumerate(FEATURES):
        values = rows[:, column].tolist()
        given = (feature.options[int(value)] if feature.kind is Kind.CATEGORY else value for value in values)
        assert {feature.find_fault(value) for value in given} == {None}
    heights = set(rows[:, 0].tolist())
    thresholds = {
        threshold
        for each in FOREST.estimators_
        for feature, threshold in zip(each.tree_.feature, each.tree_.threshold, strict=True)
        if feature == 0
    }
    assert len(thresholds) > 100
    for threshold in thresholds:
        rounded = np.float32(threshold)
        for beside in (threshold, rounded, *(np.nextafter(rounded, np.float32(end)) for end in (-np.inf, np.inf))):
            assert float(beside) in heights

"""Made-up roses whose kinds overlap, and estimators that tell them apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Feature, Integer, Number, YesNo
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition
from tests.unit.trainer.datasets import make_dataset

FEATURES = (
    Number("height", "Height", "cm", minimum=0),
    Integer("thorns", "Thorns", minimum=0, maximum=60),
    YesNo("wild", "Wild"),
    Category("colour", "Colour", choices=("white", "pink", "red")),
)
WORDS = ("alba", "gallica", "rugosa")
TREE = DecisionTreeClassifier(max_depth=4, class_weight="balanced", random_state=0)
FOREST = RandomForestClassifier(20, random_state=0)
EXTRA = ExtraTreesClassifier(10, min_samples_leaf=3, random_state=0)
BOOSTED = GradientBoostingClassifier(n_estimators=5, random_state=0)
LINE = make_pipeline(StandardScaler(), LogisticRegression())
SOME_SCALED = make_column_transformer((StandardScaler(), [0, 2]), remainder="passthrough")
ENCODED = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [3]), remainder="passthrough")
VOTERS = [("tree", TREE), ("forest", FOREST), ("line", LINE), ("boosted", BOOSTED), ("extra", EXTRA)]


def vote(left_out: str = "", **parameters: Any) -> VotingClassifier:
    return VotingClassifier([(name, "drop" if name == left_out else each) for name, each in VOTERS], **parameters)


def roses(model: Definition, count: int = 300) -> Dataset:
    """Roses whose kinds overlap, so that voters and trees disagree about many."""
    draw = np.random.default_rng(0)
    height, thorns = draw.normal(100, 30, count).round(1).clip(0), draw.integers(0, 40, count)
    matrix = np.column_stack([height, thorns, draw.integers(0, 2, count), draw.integers(0, 3, count)])
    kinds = np.digitize(height + thorns + draw.normal(0, 30, count), [100, 130])
    return make_dataset(model, matrix[:, : len(model.inputs)], kinds)


def defined(estimator: Any, features: Sequence[Feature] = FEATURES[:3]) -> Definition:
    return Definition(csv="roses.csv", features=features, target=Classes("kind", WORDS), estimator=estimator, grid={})


def fitted(model: Definition) -> Any:
    data = roses(model)
    return model.estimator.fit(data.frame, data.targets)

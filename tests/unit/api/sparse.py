"""A model of seeds whose features may all be missing."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Date, Integer, Text, YesNo
from petalstream.model.bundle import Bundle
from petalstream.model.inference import infer_classes
from services.api.scoring.scorer import Scorer
from tests.unit.api.roses import client_of

FEATURES = (
    Integer("count", minimum=0, optional=True),
    Category("colour", choices=("red", 3), other=True, optional=True),
    Date("sown", optional=True),
    Text("note", optional=True),
    YesNo("tested", used=False),
)
GOLDEN = (
    {"count": 7, "colour": "red", "note": "a small bag"},
    {"count": 1, "colour": "3", "tested": True},
    {"colour": "blue", "sown": "2026-03-01"},
)


@pytest.fixture
def sparse(iris: Bundle, tmp_path: Path) -> FlaskClient:
    """A client of an api with that model; each golden row lacks something, and all of them have the label grows."""
    training = {
        "count": {"edges": [0.0, 9.0], "counts": [2], "quantiles": {"0": 0.0, "1": 9.0}},
        "colour": {"choices": [*FEATURES[1].options], "counts": [1, 1, 1]},
        "sown": {"edges": [20_000.0, 21_000.0], "counts": [1], "quantiles": {"0": 20_000.0, "1": 21_000.0}},
        "note": {},
    }
    manifest = dataclasses.replace(
        iris.manifest,
        model="seed",
        features=FEATURES,
        labels=("grows", "rots"),
        training=training,
        golden=tuple({"features": features, "label": "grows", "probabilities": {}} for features in GOLDEN),
    )
    matrix = np.array([[1, 0, 20_500, np.nan], [np.nan, np.nan, np.nan, np.nan]])
    tree = DecisionTreeClassifier(random_state=0).fit(matrix[:, :3], range(len(manifest.labels)))
    return client_of(Scorer(manifest, lambda inputs: infer_classes(tree, inputs.matrix[:, :3], 2)), tmp_path)

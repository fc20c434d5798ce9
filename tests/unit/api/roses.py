"""A model of roses that nobody foresaw: features of every kind, and words meant to break out."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from flask.testing import FlaskClient
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Integer, Number, YesNo
from petalstream.model.bundle import Bundle
from petalstream.model.inference import infer_classes
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models.loading import ServedModel
from services.api.models.reports import Report
from services.api.scoring.scorer import Scorer

EVIL = "\"'><script>alert(1)</script>"
FEATURES = (
    Category("soil type", f"Soil {EVIL}", choices=("clay", f"sand {EVIL}", "peat & moss")),
    Number("height", "Height", EVIL, EVIL, minimum=-5, maximum=300),
    Integer("thorns", "Thorns", maximum=99),
    YesNo("wild", "Wild"),
    Category("bed", "Bed", choices=("north", "south"), used=False),
)
TRAINING = {
    "soil type": {"choices": list(FEATURES[0].choices), "counts": [3, 2, 0]},
    "height": {"edges": [1.0, 2.0, 3.0], "counts": [2, 3], "quantiles": {"0": 1.0, "1": 3.0}},
    "thorns": {"edges": [1.0, 5.0, 9.0], "counts": [1, 4], "quantiles": {"0": 1.0, "1": 9.0}},
    "wild": {"choices": ["no", "yes"], "counts": [5, 0]},
}
SOURCE = {"citation": EVIL, "url": "javascript:alert(1)", "licence": EVIL}
SLICES = [{"feature": "soil type", "value": choice, "rows": 1, "estimate": None} for choice in FEATURES[0].choices]


@pytest.fixture
def rose(iris: Bundle, tmp_path: Path) -> FlaskClient:
    """A client of an api with a model of roses."""
    golden = {"features": {"soil type": "clay", "height": 1.5, "thorns": 2, "wild": False}, "label": f"alba {EVIL}"}
    manifest = dataclasses.replace(
        iris.manifest,
        model="rose",
        title=f"Roses {EVIL}",
        predicts=EVIL,
        sample=f"rose {EVIL}",
        notes=(EVIL,),
        features=FEATURES,
        labels=(f"alba {EVIL}", "gallica"),
        probability=EVIL,
        training=TRAINING,
        golden=(golden,),
        card=dict.fromkeys(("intended_use", "out_of_scope", "limits", "factors", "owner"), EVIL),
        data={"csv": EVIL, "sha256": EVIL, "rows": 5, "parts": {EVIL: 3, "test": 2}, "fitted_on": 3} | SOURCE,
        findings=(EVIL,),
        parameters={EVIL: EVIL},
        metrics={**iris.manifest.metrics, "slices": SLICES},
    )
    samples = np.array([[0, 1.0, 2, 0], [1, 2.0, 3, 1]])
    tree = DecisionTreeClassifier(random_state=0).fit(samples, range(len(manifest.labels)))
    scorer = Scorer(manifest, lambda inputs: infer_classes(tree, inputs.matrix, len(manifest.labels)))
    return client_of(scorer, tmp_path, {"lily": EVIL})


def client_of(scorer: Scorer, models_dir: Path, refused: Mapping[str, str] | None = None) -> FlaskClient:
    """A client of an api that serves the scorer's model alone."""
    app = create_app(Settings(models_dir=models_dir))
    served = {scorer.manifest.model: ServedModel(scorer, Report({}, {}))}
    app.extensions["registry"] = SimpleNamespace(
        served=served, refused=refused or {}, find=lambda name, version=None: served[name]
    )
    return app.test_client()

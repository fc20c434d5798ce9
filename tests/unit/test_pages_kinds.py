"""The pages of a model that nobody foresaw: features of every kind, one class more, and words meant to break out."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from sklearn.tree import DecisionTreeClassifier

from petalstream.bundle import Bundle
from petalstream.schema import Feature, Kind
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.opening import Served
from services.api.reports import Report
from services.api.scorer import Scorer

Read = Callable[[str], list[tuple[str, dict[str, str | None]]]]
EVIL = "\"'><script>alert(1)</script>"
PAGE = {"Accept": "text/html"}
FEATURES = (
    Feature("soil type", f"Soil {EVIL}", kind=Kind.CATEGORY, choices=("clay", f"sand {EVIL}", "peat & moss")),
    Feature("height", "Height", EVIL, EVIL, minimum=-5, maximum=300),
    Feature("thorns", "Thorns", maximum=99, kind=Kind.INTEGER),
    Feature("wild", "Wild", kind=Kind.YES_NO),
    Feature("bed", "Bed", kind=Kind.CATEGORY, choices=("north", "south"), used=False),
)
TRAINING = {
    "soil type": {"choices": list(FEATURES[0].choices), "counts": [3, 2, 0]},
    "height": {"edges": [1.0, 2.0, 3.0], "counts": [2, 3], "quantiles": {"0": 1.0, "1": 3.0}},
    "thorns": {"edges": [1.0, 5.0, 9.0], "counts": [1, 4], "quantiles": {"0": 1.0, "1": 9.0}},
    "wild": {"choices": ["no", "yes"], "counts": [5, 0]},
}


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
        data={"csv": EVIL, "sha256": EVIL, "rows": 5, "citation": EVIL, "url": "javascript:alert(1)", "licence": EVIL},
        parameters={EVIL: EVIL},
    )
    samples = np.array([[0, 1.0, 2, 0], [1, 2.0, 3, 1]])
    tree = DecisionTreeClassifier(random_state=0).fit(samples, np.array(manifest.labels))
    app = create_app(Settings(models_dir=tmp_path))
    served = {"rose": Served(Scorer(manifest, tree), Report({}, {}))}
    app.extensions["registry"] = SimpleNamespace(served=served, refused={"lily": EVIL}, find=served.__getitem__)
    return app.test_client()


def filled(**changes: str) -> dict[str, Any]:
    return {"soil type": "clay", "height": "-1.5", "thorns": "3.0", "wild": "yes", "bed": ""} | changes


def test_a_category_is_chosen_from_a_list(rose: FlaskClient, elements: Read) -> None:
    found = elements(rose.get("/models/rose?example=0", headers=PAGE).text)
    options = [attributes for tag, attributes in found if tag == "option"]
    assert [option["value"] for option in options] == ["", *FEATURES[0].choices, "", "north", "south"]
    assert [option["value"] for option in options if "selected" in option] == ["clay", ""]
    selects = [attributes for tag, attributes in found if tag == "select"]
    assert [("required" in select, " " in str(select["id"])) for select in selects] == [(True, False), (False, False)]


def test_a_form_of_every_kind_is_answered(rose: FlaskClient) -> None:
    form = filled() | {"soil type": FEATURES[0].choices[1]}
    said = rose.post("/models/rose/predict", data=form).get_json()
    row = {"soil type": FEATURES[0].choices[1], "height": -1.5, "thorns": 3, "wild": True}
    assert said == rose.post("/models/rose/predict", json=row).get_json()
    answer = rose.post("/models/rose/predict", data=form, headers=PAGE)
    assert (answer.status_code, answer.text.count('class="marked"')) == (200, 2)
    assert "yes: as 0 of 5 in the training data" in answer.text
    assert "Wild yes does not occur in the training data" in answer.text


def test_a_choice_that_there_is_not_is_an_error_of_its_field(rose: FlaskClient) -> None:
    answer = rose.post("/models/rose/predict", data=filled(bed="west"), headers=PAGE)
    assert answer.status_code == 400
    assert "Bed must be one of north, south, not the text &#39;west&#39;" in answer.text


def test_words_of_a_manifest_are_text_on_every_page(rose: FlaskClient, elements: Read) -> None:
    pages = [rose.get(path, headers=PAGE) for path in ("/", "/models/rose", "/models/rose/report")]
    pages += [rose.post("/models/rose/predict", data=form, headers=PAGE) for form in ({"height": EVIL}, filled())]
    for page in pages:
        assert page.mimetype == "text/html"
        assert "alert(1)" in page.text
        for tag, attributes in elements(page.text):
            assert tag != "script"
            assert not str(attributes.get("href")).startswith("javascript:")


def test_the_pages_own_words_know_no_model(root: Path) -> None:
    for path in (root / "services" / "api").rglob("*"):
        if path.suffix in (".html", ".css", ".py"):
            words = path.read_text().lower()
            for word in ("iris", "setosa", "heart", "patient", "died", "sepal"):
                assert word not in words, f"{path} says {word}"

"""A third model is one CSV and one file: trained, served, streamed and shown, with no other line changed."""

import csv
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from embedded.ports import free_port
from petalstream.settings import Settings
from tests.checkouts import fresh_copy
from tests.demos import Run, demo

pytestmark = [pytest.mark.xdist_group("third model"), pytest.mark.timeout(300)]

ROSE = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from petalstream.schema import Feature, Kind
from services.trainer.definition import Definition

MODEL = Definition(
    title="Roses",
    predicts="Which variety a rose is",
    sample="rose",
    csv="roses.csv",
    features=[
        Feature("height", "Height", "cm", "From the ground to the flower", minimum=0),
        Feature("thorns", "Thorns", "per 10 cm", "Counted at half height", minimum=0, kind=Kind.INTEGER),
        Feature("scented", "Scented", kind=Kind.YES_NO),
        Feature("colour", "Colour", kind=Kind.CATEGORY, choices=("white", "pink", "dark red")),
        Feature("garden", "Garden", kind=Kind.CATEGORY, choices=("north", "south"), used=False),
    ],
    target="variety",
    labels=["alba", "gallica"],
    estimator=make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [3]), remainder="passthrough"),
        RandomForestClassifier(20, random_state=0),
    ),
    grid={"randomforestclassifier__max_depth": [2, None]},
)
"""
COLUMNS = ["height", "thorns", "scented", "colour", "garden", "variety"]
GALLICA = {"height": 80.5, "thorns": 24, "scented": True, "colour": "dark red"}


def roses() -> Iterator[list[object]]:
    """Rows that are made up: gallica is low, thorny and red, alba tall and white."""
    draw = random.Random(0)
    for _ in range(50):
        yield [draw.gauss(90, 15), draw.randint(15, 30), "yes", draw.choice(["dark red", "pink"]), "north", "gallica"]
        yield [draw.gauss(180, 15), draw.randint(0, 10), draw.choice([0, 1]), "white", "south", "alba"]


@pytest.fixture(scope="module")
def running(
    kafka_jars: Path, two_models: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, str]]:
    """A checkout with the third model's CSV and file added, its demo up, and the address of its api."""
    folder = tmp_path_factory.mktemp("third-model")
    checkout = fresh_copy(Path(__file__).parent.parent.parent, folder)
    (checkout / ".cache").mkdir()
    (checkout / ".cache" / kafka_jars.name).symlink_to(kafka_jars)
    shutil.copytree(two_models.models_dir, folder / "models")
    with (checkout / "data" / "roses.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *roses()])
    (checkout / "services" / "trainer" / "models" / "rose.py").write_text(ROSE)
    port = free_port()
    other_ports = {"kafka_port": free_port(), "consumer_health_port": free_port()}
    settings = {"models_dir": folder / "models", "api_port": port, **other_ports}
    with demo(checkout, folder, "--keep", **settings) as run:
        run.said("Ctrl-C stops both")
        yield run, f"http://localhost:{port}"
        run.interrupt()
        assert run.process.wait(30) == 0


def test_it_alone_was_trained(running: tuple[Run, str]) -> None:
    printed = running[0].output.read_text()
    assert "rose: published version 1" in printed
    for name in ("iris", "heart_failure"):
        assert f"{name}: version 1 is up to date" in printed


def test_it_is_served_under_its_name(running: tuple[Run, str]) -> None:
    url = f"{running[1]}/models/rose/predict"
    answer = requests.post(url, json=GALLICA, timeout=10).json()
    assert (answer["model"], answer["label"], "unused" in answer) == ("rose", "gallica", False)
    assert requests.post(url, json=GALLICA | {"garden": "south"}, timeout=10).json()["unused"] == ["garden"]
    refused = requests.post(url, json=GALLICA | {"colour": "blue"}, timeout=10)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["message"] == "must be one of white, pink, dark red, not the text 'blue'"


def test_it_is_described_and_has_a_page_with_a_form_and_a_report(running: tuple[Run, str]) -> None:
    described = requests.get(f"{running[1]}/models/rose", timeout=10).json()
    assert described["labels"] == ["alba", "gallica"]
    assert [feature["kind"] for feature in described["features"]] == [
        "number",
        "integer",
        "yes/no",
        "category",
        "category",
    ]
    html = {"Accept": "text/html"}
    assert "Roses" in requests.get(f"{running[1]}/", headers=html, timeout=10).text
    page = requests.get(f"{running[1]}/models/rose", headers=html, timeout=10).text
    assert all(name in page for name in ("Height", "per 10 cm", "Scented", "dark red", "Garden"))
    report = requests.get(f"{running[1]}/models/rose/report", headers=html, timeout=10).text
    figures = re.findall(r'src="(/models/rose/report/[^"]+\.svg)"', report)
    assert figures
    for figure in figures:
        found = requests.get(f"{running[1]}{figure}", timeout=10)
        assert (found.status_code, found.headers["Content-Type"].partition(";")[0]) == (200, "image/svg+xml")


def test_a_form_is_answered_with_a_page(running: tuple[Run, str]) -> None:
    typed = {"height": "80.5", "thorns": "24", "scented": "yes", "colour": "dark red", "garden": ""}
    url, html = f"{running[1]}/models/rose/predict", {"Accept": "text/html"}
    answer = requests.post(url, data=typed, headers=html, timeout=10)
    assert answer.status_code == 200
    (heading,) = re.findall('<h2 id="prediction">(.*?)</h2>', answer.text)
    assert heading == '<span class="over">Prediction for this rose</span> Gallica'


def test_its_test_set_is_streamed_and_shown(running: tuple[Run, str]) -> None:
    printed = running[0].output.read_text()
    assert "==> summary of rose\nsent 20, predicted 20, dead-lettered 0\n" in printed
    shown = re.findall(r"^rose\.requests\[\d\]@\d+  .*colour=.*  ->  (alba|gallica) ", printed, re.MULTILINE)
    assert len(shown) == 20

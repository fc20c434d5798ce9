"""Another model is one CSV and one file: trained, served, streamed and shown, with no other line changed."""

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
from tests.roses import MODELS, bring

pytestmark = [pytest.mark.xdist_group("third model"), pytest.mark.timeout(300)]

GALLICA = {"height": 80.5, "thorns": 24, "scented": True, "colour": "dark red"}


@pytest.fixture(scope="module")
def running(
    kafka_jars: Path, all_models: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, str]]:
    """A checkout with more models, the demo up, and the address of its api."""
    folder = tmp_path_factory.mktemp("third-model")
    checkout = fresh_copy(Path(__file__).parent.parent.parent, folder)
    (checkout / ".cache").mkdir()
    (checkout / ".cache" / kafka_jars.name).symlink_to(kafka_jars)
    shutil.copytree(all_models.models_dir, folder / "models")
    bring(checkout)
    port = free_port()
    other_ports = {name: free_port() for name in ("kafka_port", "consumer_health_port", "dashboard_port")}
    settings = {"models_dir": folder / "models", "api_port": port, **other_ports}
    with demo(checkout, folder, "--keep", **settings) as run:
        run.said("Ctrl-C stops everything")
        yield run, f"http://localhost:{port}"
        run.interrupt()
        assert run.process.wait(30) == 0


def test_the_new_models_alone_were_trained(running: tuple[Run, str]) -> None:
    printed = running[0].output.read_text()
    for name in MODELS:
        assert f"{name}: published version 1" in printed
    for name in ("iris", "heart_failure", "penguins"):
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
    for name in MODELS:
        assert f"==> summary of {name}\nsent 20, predicted 20, dead-lettered 0\n" in printed
    shown = re.findall(r"^rose\.requests\[\d\]@\d+  .*colour=.*  ->  (alba|gallica) ", printed, re.MULTILINE)
    assert len(shown) == 20


def test_a_model_that_cannot_be_trained_is_named_and_keeps_no_other_from_being_served(
    running: tuple[Run, str],
) -> None:
    printed = running[0].output.read_text()
    assert "trainer: wrong: data/roses.csv has 7 faults:\n  line 1, weight: there is no such column;" in printed
    assert "==> not trained, and the trainer said above why: wrong\n" in printed


def test_text_own_code_and_another_package_are_served(running: tuple[Run, str]) -> None:
    url = f"{running[1]}/models/notes/predict"
    rows = [{"notes": "low and dense", "height": None, "colour": "blue"}, {"colour": "white"}]
    responses = requests.post(url, json=rows, timeout=10).json()
    assert [response["label"] for response in responses] == ["gallica", "alba"]


def test_a_model_without_probabilities_is_streamed_and_shown_without_them(running: tuple[Run, str]) -> None:
    url = f"{running[1]}/models/plain/predict"
    assert requests.post(url, json={"height": 80, "thorns": 20}, timeout=10).json()["probabilities"] == {}
    page = requests.post(url, data={"height": 80, "thorns": 20}, headers={"Accept": "text/html"}, timeout=10)
    assert "This model gives no probabilities." in page.text
    assert re.search(r"^plain\.requests.*  ->  (alba|gallica)  ✓", running[0].output.read_text(), re.MULTILINE)


def test_a_threshold_is_shown_with_the_label_that_it_decides(running: tuple[Run, str]) -> None:
    url = f"{running[1]}/models/careful/predict"
    response = requests.post(url, json={"scented": True}, timeout=10).json()
    assert response["label"] == "alba" != max(response["probabilities"], key=response["probabilities"].get)
    assert response["threshold"] == {"gallica": 0.9}
    page = requests.post(url, data={"scented": "yes"}, headers={"Accept": "text/html"}, timeout=10)
    assert "gallica is predicted from 90.0% on" in page.text
    assert re.search(
        r"^careful\..*  ->  alba \d+\.\d% \(gallica from 90\.0% on\)  ", running[0].output.read_text(), re.M
    )

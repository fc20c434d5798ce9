"""The page of a model's report, and its drawings: of a bundle, nothing else can be read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle, sha256
from petalstream.settings import Settings
from services.api.app import create_app

Read = Callable[[str], list[tuple[str, dict[str, str | None]]]]
PAGE = {"Accept": "text/html"}
REPORT = "/models/iris/report"


@pytest.fixture
def models(settings: Settings, iris: Bundle, tmp_path: Path) -> Path:
    """A models folder with Iris whose report a test may change."""
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    return tmp_path


def changed(models: Path, files: dict[str, str | None]) -> FlaskClient:
    """A client of an api whose Iris bundle was published with `files` changed, None taken away."""
    folder = models / "iris" / "1"
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, content in files.items():
        manifest["files"].pop(name, None)
        if content is not None:
            (folder / name).write_text(content)
            manifest["files"][name] = sha256(content.encode())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return create_app(Settings(models_dir=models)).test_client()


def test_the_report_shows_what_the_model_is_worth(both: FlaskClient, heart_failure: Bundle) -> None:
    text, metrics = both.get("/models/heart_failure/report", headers=PAGE).text, heart_failure.manifest.metrics
    crossed = metrics["cross_validation"]
    accuracy = metrics["test"]["accuracy"]
    interval = f"95% interval {accuracy['lower']:.1%} to {accuracy['upper']:.1%}"
    assert f'<dd class="figure">{metrics["test_accuracy"]:.1%} <span class="interval">{interval}</span></dd>' in text
    for share in (metrics["validation_accuracy"], metrics["commonest_share"]):
        assert f'<dd class="figure">{share:.1%}</dd>' in text
    for found in (crossed["accuracy"], crossed["without"]["time"]["balanced_accuracy"]):
        assert f"<td>{found['mean']:.1%} ± {found['spread']:.1%}</td>" in text
    died = metrics["test_classes"]["died"]
    assert f"<td>{died['precision']:.1%}</td><td>{died['recall']:.1%}</td><td>{died['support']}</td>" in text
    assert "Without <code>time</code>" in text
    assert "<dt>Always the commonest class of the test part</dt>" in text


def test_the_report_says_how_the_cross_validated_figures_came_about(both: FlaskClient) -> None:
    text = both.get("/models/heart_failure/report", headers=PAGE).text
    assert "Each of 25 models was fitted on 239 rows, and scored on rows that it was not fitted on;" in text
    assert "may be a little too good; without an input they are not chosen anew." in text
    text = both.get(REPORT, headers=PAGE).text
    assert "may be a little too good.</p>" in text
    assert "without an input" not in text


def test_the_report_shows_which_conditions_the_model_met(both: FlaskClient, heart_failure: Bundle) -> None:
    text, described = both.get("/models/heart_failure/report", headers=PAGE).text, both.get("/models/heart_failure")
    section = text.partition('<h2 id="conditions">')[2].partition("</section>")[0]
    floor, baseline, served = heart_failure.manifest.conditions
    for each in (floor, baseline, served):
        condition, sentence = (each[name].replace('"', "&#34;") for name in ("condition", "sentence"))
        shown = f"{sentence[0].upper()}{sentence[1:]}."
        assert f"<dt><code>{condition}</code></dt><dd>{shown}</dd>" in section
    assert described.get_json()["conditions"] == [floor, baseline, served]


def test_the_report_shows_parameters_searches_and_where_the_data_is_from(
    both: FlaskClient, heart_failure: Bundle
) -> None:
    text, manifest = both.get("/models/heart_failure/report", headers=PAGE).text, heart_failure.manifest
    for name in manifest.parameters:
        assert f"<code>{name}</code>" in text
    searches = both.get("/models/heart_failure/report").get_json()["searches"]
    for search in searches:
        scoring = search["scoring"].replace("_", " ")
        candidates = f"{search['candidates']} candidate{'s' * (search['candidates'] > 1)}"
        assert f": {candidates} by {scoring}, mean and spread over 5 folds, best first" in text
    section = text.partition('<h2 id="search">')[2].partition("</section>")[0]
    rows = len(manifest.parameters) + sum(len(search["rows"]) for search in searches)
    assert section.count("<tr>") == rows + 1 + len(searches)  # each table has a head
    assert manifest.data["sha256"] in text
    assert f'<a href="{manifest.data["url"]}" rel="noreferrer">' in text
    assert manifest.notes[0].split(":")[0] in text


def test_every_figure_is_there_in_both_schemes_with_words(client: FlaskClient, elements: Read) -> None:
    found, figures = elements(client.get(REPORT, headers=PAGE).text), client.get(REPORT).get_json()["figures"]
    images = [attributes for tag, attributes in found if tag == "img" and attributes.get("loading") == "lazy"]
    sources = [attributes for tag, attributes in found if tag == "source"]
    assert len(images) == len(sources) == len(figures) > 0
    for image, source, figure in zip(images, sources, figures, strict=True):
        assert (image["alt"], image["src"]) == (figure["alt"], f"{REPORT}/{figure['light']}")
        assert (image["width"], image["height"]) == (str(figure["width"]), str(figure["height"]))
        assert source["media"] == "(prefers-color-scheme: dark)"
        for path in (image["src"], source["srcset"]):
            assert client.get(str(path)).mimetype == "image/svg+xml"


def test_a_drawing_is_sent_once_and_then_asked_after(client: FlaskClient, iris: Bundle) -> None:
    path = f"{REPORT}/confusion_matrix.light.svg"
    first = client.get(path)
    assert first.data == (iris.path / "report" / "confusion_matrix.light.svg").read_bytes()
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Security-Policy" in again.headers
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "model.joblib",
        "manifest.json",
        "test.csv",
        "report.json",
        "report/confusion_matrix.light.svg",
        "../manifest.json",
        "../../1/manifest.json",
        "..%2fmanifest.json",
        "%2e%2e/manifest.json",
        "%2e%2e%2fmodel.joblib",
        "..%5cmanifest.json",
        "....//manifest.json",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "confusion_matrix.light.svg%00",
        "CONFUSION_MATRIX.LIGHT.SVG",
        ".",
        "..",
        "nowhere.svg",
    ],
)
def test_nothing_but_the_listed_drawings_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"{REPORT}/{path}").status_code == 404


def test_a_file_in_the_folder_that_the_manifest_does_not_list_is_not_served(models: Path) -> None:
    (models / "iris" / "1" / "report" / "stray.svg").write_text("<svg/>")
    client = changed(models, {})
    assert client.get(f"{REPORT}/confusion_matrix.light.svg").status_code == 200
    assert client.get(f"{REPORT}/stray.svg").status_code == 404


def test_a_drawing_is_from_the_start_of_the_api_and_no_file_is_opened_for_it(models: Path) -> None:
    client = changed(models, {})
    shutil.rmtree(models / "iris")
    assert client.get(f"{REPORT}/confusion_matrix.light.svg").status_code == 200


def test_without_a_report_the_model_serves_and_the_page_says_so(models: Path) -> None:
    reports = [f"report/{path.name}" for path in (models / "iris" / "1" / "report").iterdir()]
    client = changed(models, dict.fromkeys(reports))
    answer = client.get(REPORT, headers=PAGE)
    assert answer.status_code == 200
    assert "This version was published without figures." in answer.text
    assert client.get(REPORT).status_code == 404
    assert client.get("/ready").status_code == 200


def test_words_of_a_report_are_shown_as_text_and_a_figure_without_its_drawing_not_at_all(models: Path) -> None:
    evil = "<script>alert(1)</script>"
    words = {"title": evil, "caption": evil, "alt": f'"{evil}', "width": 640, "height": 420}
    figures = [
        {"name": "a", "light": "confusion_matrix.light.svg", "dark": "confusion_matrix.dark.svg", **words},
        {"name": "b", "light": "nowhere.light.svg", "dark": "nowhere.dark.svg", **words},
    ]
    text = changed(models, {"report/report.json": json.dumps({"figures": figures})}).get(REPORT, headers=PAGE).text
    assert text.count("<figure") == 1
    assert "<script" not in text
    assert "&lt;script&gt;" in text

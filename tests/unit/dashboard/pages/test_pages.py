"""Both pages say what a snapshot has, as HTML and as JSON, and make what strangers wrote harmless."""

import html
import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.dashboard.latest import Latest
from services.dashboard.snapshot import Snapshot
from tests.dashboards import STATES, snapshot

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MODELS = [state.replace(" ", "_") for state in STATES]
POLICY = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; script-src 'self'; connect-src 'self'"
)


def text_of(client: FlaskClient, path: str) -> str:
    """The words of a page."""
    page = client.get(path, headers=PAGE).text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("path", ["/", *(f"/models/{name}" for name in MODELS)])
def test_a_page_has_its_policy_no_style_attribute_and_no_script_of_its_own(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=PAGE)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["Cache-Control"] == "no-store"
    assert "Accept" in response.headers["Vary"]
    names = [name for tag in re.findall(r"<\w[^>]*>", response.text) for name in re.findall(r'\s([\w-]+)="', tag)]
    assert not [name for name in names if name == "style" or name.startswith("on")]
    assert re.findall(r"<script[^>]*>", response.text) == ['<script src="/static/live.js" defer>']
    ids = re.findall(r'\sid="([^"]+)"', response.text)
    assert len(ids) == len(set(ids)), "ids are unique"
    for label in re.findall(r'aria-labelledby="([^"]+)"', response.text):
        assert set(label.split()) <= set(ids)


@pytest.mark.parametrize("path", ["/", *(f"/models/{name}" for name in MODELS)])
def test_the_same_is_there_as_json(client: FlaskClient, latest: Latest, path: str) -> None:
    whole = json.loads(json.dumps(latest.snapshot.to_dict()))
    expected = whole if path == "/" else whole["models"][path.split("/")[2]]
    assert client.get(path).json == client.get(f"{path}?format=json", headers=PAGE).json == expected


def test_an_overview_has_a_card_for_each_model_and_the_parts(client: FlaskClient) -> None:
    page, text = client.get("/", headers=PAGE).text, text_of(client, "/")
    for name in MODELS:
        assert f'href="/models/{name}"' in page
    for part in (
        "20/s have an outcome",
        "oldest 0.2 s, clears in 0.3 s",
        "oldest 21 s, growing",
        "95% interval 95.0% to 97.1%, 1,190 predictions",
        "Live error 241 g mean absolute, 95% interval 230 to 252 g",
        "5 missing feature, 4 undecodable",
        "lane paused",
        "ledger: 3 lost, 1 doubled, 1 unknown",
        "1,204 requests = 1,190 predictions + 9 dead letters + 5 still to do",
        "At this rate the headers of all records are read and the values of 12% of them.",
        "Kafka 1 broker all partitions have a leader",
    ):
        assert part in text, part


def test_a_ledger_that_does_not_balance_says_where(client: FlaskClient) -> None:
    text = text_of(client, "/models/unbalanced")
    for part in (
        "1,204 requests = 1,187 predictions + 9 dead letters + 5 still to do + 3 lost",
        "does not balance: 3 lost, 1 doubled, 1 unknown",
        "lost unbalanced.requests[1]@655 –",
        "doubled unbalanced.requests[1]@480 iris.predictions[1]@471 , iris.predictions[1]@472",
        "The ledger is complete for requests sent since",
        "UTC . It begins with the first requests that the topics have.",
    ):
        assert part in text, part


def test_a_model_of_numbers_has_errors_and_no_confusion_matrix(client: FlaskClient) -> None:
    text = text_of(client, "/models/numbers")
    assert "Mean absolute error 241 g (95% interval 230 to 252 g) for 802 predictions" in text
    assert "Residuals" in text
    assert "their mean is -12.4 g" in text
    assert "Confusion" not in text
    assert "Confusion matrix" in text_of(client, "/models/labels")


def test_a_dead_letter_has_its_bytes_and_a_command(client: FlaskClient) -> None:
    text = text_of(client, "/models/labels")
    assert r"\x00\xff\xfe<html>" in text
    assert "make replay MODEL=iris FROM=iris.dead-letters[0]@688 ONLY=1" in text


def test_a_model_of_which_nothing_is_known_has_a_page(client: FlaskClient) -> None:
    text = text_of(client, "/models/nothing_known")
    for part in ("No request has been read yet.", "No record has been read yet.", "None has been read yet."):
        assert part in text
    assert "The inputs are not yet compared with the training data." in text


def test_what_strangers_wrote_is_escaped_and_cannot_hide(client: FlaskClient) -> None:
    for path in ("/", "/models/hostile"):
        page = client.get(path, headers=PAGE).text
        assert "<script>alert" not in page
        assert "7 * 191" in page
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
        assert r"\x1b[31m\u202e" in page


def test_without_a_snapshot_the_page_says_what_is_going_on(client: FlaskClient, latest: Latest) -> None:
    latest.snapshot = Snapshot(time.time(), "connecting to Kafka", (), {})
    text = text_of(client, "/")
    assert "connecting to Kafka" in text
    assert "No model yet" in text
    response = client.get("/models/iris")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.json
    assert response.json["detail"] == "no model iris is known yet; the live page is connecting to Kafka"


def test_old_figures_are_called_old_and_the_service_unhealthy(client: FlaskClient, latest: Latest) -> None:
    assert client.get("/health").status_code == 200
    latest.snapshot = snapshot("labels", at=time.time() - 42)
    assert "These figures are 42 s old" in text_of(client, "/")
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json
    assert "42 s old" in response.json["detail"]


def test_errors_are_pages_for_browsers_without_a_script(client: FlaskClient) -> None:
    for path, method, status in (("/nothing", "get", 404), ("/models/<b>x", "get", 404), ("/", "post", 405)):
        response = client.open(path, method=method, headers=PAGE)
        assert (response.status_code, response.mimetype) == (status, "text/html")
        assert "<script" not in response.text
        assert "<b>x" not in response.text
        assert "format=json" not in response.text, "such as //evil.example?format=json"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_an_unforeseen_error_is_a_problem_without_its_cause(client: FlaskClient, latest: Latest) -> None:
    broken: Any = {"labels": None}
    latest.snapshot = replace(latest.snapshot, models=broken)
    response = client.get("/", headers=PAGE)
    assert response.status_code == 500
    assert "the dashboard's log" in html.unescape(response.text).lower()
    assert "Traceback" not in response.text


def test_links_to_the_api_are_there_where_a_setting_says_where_it_is(client: FlaskClient) -> None:
    page = client.get("/models/labels", headers=PAGE).text
    assert 'href="http://localhost:5000/models/labels/report"' in page
    assert 'href="http://localhost:5000/docs"' in page


@pytest.mark.parametrize("file", ["frame.css", "parts.css", "favicon.svg", "live.css", "live.js"])
def test_the_files_of_a_page_are_served(client: FlaskClient, file: str) -> None:
    with client.get(f"/static/{file}") as response:
        assert response.status_code == 200

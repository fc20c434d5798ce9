"""What every answer tells a browser, whatever it is an answer to."""

import logging
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.settings import Settings
from services.api.app import create_app
from services.api.pages import stack_status

PAGE = {"Accept": "text/html"}
DRAWING = "/models/iris/report/confusion_matrix.light.svg"
ANSWERS = [
    ("GET", "/", {}, 200),
    ("GET", "/", PAGE, 200),
    ("GET", "/models/iris", PAGE, 200),
    ("GET", "/models/iris/report", PAGE, 200),
    ("GET", "/models/iris/card", PAGE, 200),
    ("GET", DRAWING, {}, 200),
    ("GET", "/static/style.css", {}, 200),
    ("GET", "/static/favicon.svg", {}, 200),
    ("GET", "/favicon.ico", {}, 301),
    ("GET", "/ready", {}, 200),
    ("GET", "/nowhere", {}, 404),
    ("GET", "/nowhere", PAGE, 404),
    ("GET", "/static/nowhere.css", {}, 404),
    ("POST", "/models/iris/predict", {}, 415),
    ("POST", "/models/iris/predict", PAGE, 415),
    ("DELETE", "/models/iris", PAGE, 405),
    ("OPTIONS", "/models/iris/predict", {}, 200),
    ("HEAD", "/models/iris", PAGE, 200),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), ANSWERS)
def test_every_answer_allows_as_little_as_it_can(
    client: FlaskClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.open(path, method=method, headers=headers, buffered=True)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


def test_a_page_may_load_our_style_and_drawings_and_send_its_form(client: FlaskClient) -> None:
    policy = client.get("/", headers=PAGE).headers["Content-Security-Policy"]
    assert policy.endswith("; style-src 'self'; img-src 'self'; form-action 'self'")


def test_a_drawing_is_sandboxed_and_may_have_its_style_inside(client: FlaskClient) -> None:
    policy = client.get(DRAWING).headers["Content-Security-Policy"]
    assert policy.endswith("; style-src 'unsafe-inline'; sandbox")


def test_the_icon_is_found_where_browsers_look_without_being_told(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/static/favicon.svg")
    found = client.get("/favicon.ico", follow_redirects=True, buffered=True)
    assert (found.status_code, found.mimetype) == (200, "image/svg+xml")


def test_an_answer_to_a_form_sets_no_cookie(client: FlaskClient, flower: dict[str, Any]) -> None:
    answer = client.post("/models/iris/predict", data=flower, headers=PAGE)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/models", "/models/iris", "/models/iris/report", DRAWING, "/static/style.css"])
def test_head_is_answered_as_get_without_a_body(client: FlaskClient, path: str) -> None:
    for headers in ({}, PAGE):
        asked, told = (client.open(path, method=way, headers=headers, buffered=True) for way in ("GET", "HEAD"))
        assert (told.status_code, told.data) == (200, b"")
        assert told.headers["Content-Type"] == asked.headers["Content-Type"]
        assert told.headers["Content-Length"] == str(len(asked.data))


@pytest.mark.parametrize("path", ["/", "/models", "/models/iris", "/models/iris/report", DRAWING])
@pytest.mark.parametrize("headers", [{}, PAGE])
def test_another_method_is_405_and_told_which_are_allowed(
    client: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, headers=headers)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.mimetype == ("text/html" if headers else "application/problem+json")


def test_an_unforeseen_error_is_a_page_too_and_without_a_stack_trace(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(servers: str) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(stack_status, "check_brokers", broken)
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    with caplog.at_level(logging.CRITICAL):
        answer = client.get("/", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "<h1>Internal Server Error</h1>" in answer.text
    assert "Traceback" not in answer.text
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_without_a_model_the_pages_of_models_say_when_to_come_again(tmp_path: Path) -> None:
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    for path in ("/ready", "/models/iris", "/models/iris/report", DRAWING):
        answer = client.get(path, headers=PAGE)
        assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "text/html", "1")
        assert "<h1>Service Unavailable</h1>" in answer.text

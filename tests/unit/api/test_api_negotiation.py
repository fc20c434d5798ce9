"""Page, JSON or CSV: each caller gets what it would rather read."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from petalstream.web.accept import prefers_page
from services.api.wire.negotiation import prefers_csv

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"
VARIES = "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("", False),
        ("*/*", False),
        (BROWSER, True),
        ("text/html", True),
        ("text/*", True),
        ("application/json", False),
        ("application/problem+json", False),
        ("text/html, application/json", False),
        ("application/json;q=0.5, text/html;q=0.9", True),
        ("application/json;q=0.9, text/html;q=0.5", False),
        ("text/html;q=0.5, application/problem+json", False),
        ("text/html;q=0", False),
        ("text/html;q=0, */*", False),
        ("application/json;q=0, */*", True),
        ("application/json;q=0.1, */*;q=0.5", True),
        ("*/*;q=0.1, text/html;q=0.2", True),
        ("text/html;charset=utf-8", True),
        ("text/html;level=1, application/json;q=0.5", True),
        ("text/html;level=1;q=0.5, application/json;charset=utf-8", False),
        ("text/html;q=0.5, application/problem+json;charset=utf-8", False),
        ("image/png", False),
        ("text/html;q=none", False),
        (";;,,q=", False),
    ],
)
def test_html_above_json_is_a_page_and_all_else_json(accept: str, page: bool) -> None:
    assert prefers_page(parse_accept_header(accept, MIMEAccept)) is page


@pytest.mark.parametrize(
    ("accept", "table"),
    [
        ("", False),
        ("*/*", False),
        (BROWSER, False),
        ("text/csv", True),
        ("text/*", True),
        ("text/csv;charset=utf-8", True),
        ("text/csv, */*", False),
        ("text/csv, */*;q=0.9", True),
        ("text/csv, application/json", False),
        ("application/json;q=0.5, text/csv;q=0.9", True),
        ("application/json;q=0.9, text/csv;q=0.5", False),
        ("application/json;q=0, */*", True),
        ("text/csv;q=0", False),
        ("text/csv, application/problem+json", True),
        ("text/html, text/csv;q=0.5", True),
        ("image/png", False),
        ("text/csv;q=none", False),
        (";;,,q=", False),
    ],
)
def test_csv_above_json_is_csv_and_all_else_json(accept: str, table: bool) -> None:
    assert prefers_csv(parse_accept_header(accept, MIMEAccept)) is table


NEGOTIATED = ["/", "/models", "/models/iris", "/models/iris/report", "/models/iris/card", "/models/rose", "/nowhere"]


@pytest.mark.parametrize("path", NEGOTIATED)
def test_page_and_json_are_told_apart_by_caches(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": BROWSER})
    data = client.get(path)
    assert page.mimetype == "text/html"
    assert data.mimetype in ("application/json", "application/problem+json")
    assert page.status_code == data.status_code
    assert page.headers["Vary"] == data.headers["Vary"] == VARIES


@pytest.mark.parametrize("path", NEGOTIATED)
def test_a_link_can_ask_for_json(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?format=json", headers={"Accept": BROWSER})
    assert answer.mimetype in ("application/json", "application/problem+json")


def test_a_json_body_is_answered_in_json_whatever_the_caller_accepts(
    client: FlaskClient, flower: dict[str, Any]
) -> None:
    for path in ("/predict", "/models/iris/predict", "/models/iris/predict?on_error=report"):
        answer = client.post(path, json=flower, headers={"Accept": BROWSER})
        assert (answer.mimetype, answer.get_json()["label"]) == ("application/json", "setosa")
    answer = client.post("/models/iris/predict", json={}, headers={"Accept": BROWSER})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_a_form_is_answered_with_a_page_or_in_json(client: FlaskClient, flower: dict[str, Any]) -> None:
    page = client.post("/models/iris/predict", data=flower, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype, page.headers["Vary"]) == (200, "text/html", VARIES)
    data = client.post("/models/iris/predict", data=flower)
    assert (data.status_code, data.mimetype, data.headers["Vary"]) == (200, "application/json", VARIES)
    assert data.get_json() == client.post("/models/iris/predict", json=flower).get_json()


def test_a_form_with_errors_is_a_problem_for_who_prefers_json(client: FlaskClient, flower: dict[str, Any]) -> None:
    sent = flower | {"petal_width": "wide", "sepal_width": " "}
    answer = client.post("/models/iris/predict", data=sent)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    said = [(error["row"], error["field"], error["reason"]) for error in answer.get_json()["errors"]]
    assert said == [(0, "sepal_width", "missing_feature"), (0, "petal_width", "wrong_type")]
    reported = client.post("/models/iris/predict?on_error=report", data=sent)
    assert (reported.status_code, reported.get_json()["errors"]) == (200, answer.get_json()["errors"])


@pytest.mark.parametrize(
    ("method", "path", "formats"),
    [
        ("GET", "/", "json"),
        ("GET", "/models/iris", "json"),
        ("GET", "/models/iris/report", "json"),
        ("POST", "/predict", "json or csv or columns"),
        ("POST", "/models/iris/predict", "json or csv or columns"),
    ],
)
def test_a_format_that_there_is_not_is_400(client: FlaskClient, method: str, path: str, formats: str) -> None:
    for accept, kind in (("*/*", "application/problem+json"), (BROWSER, "text/html")):
        answer = client.open(f"{path}?format=xml", method=method, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (400, kind)
        assert f"ormat must be {formats}, not " in answer.text


def test_an_example_that_there_is_not_is_404(client: FlaskClient) -> None:
    for headers in ({}, {"Accept": BROWSER}):
        assert client.get("/models/iris?example=0", headers=headers).status_code == 200
        assert client.get("/models/iris?example=99", headers=headers).status_code == 404


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain"])
def test_another_body_than_rows_or_a_form_is_415(client: FlaskClient, content_type: str) -> None:
    for accept, kind in (("*/*", "application/problem+json"), (BROWSER, "text/html")):
        headers = {"Accept": accept}
        answer = client.post("/models/iris/predict", data=b"x", content_type=content_type, headers=headers)
        assert (answer.status_code, answer.mimetype) == (415, kind)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"sepal_length=%FF", 400), (b"\xff", 400), (b"a=1&" * 1_001, 400), (b"a=" + b"x" * 1_000_001, 413)],
)
def test_a_form_that_cannot_be_read_is_refused(client: FlaskClient, body: bytes, status: int) -> None:
    for accept, kind in (("*/*", "application/problem+json"), (BROWSER, "text/html")):
        answer = client.post("/models/iris/predict", data=body, content_type=FORM, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (status, kind)

"""Bodies that come with gzip, and answers that go out with it."""

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from services.api.gateway.compression import LEAST_BYTES, compress_response
from tests.records import FLOWER
from tests.unit.api.tables import CSV, JSON, as_csv, as_json, post, post_gzip

PREDICT = "/models/iris/predict"
FORM = "application/x-www-form-urlencoded"
DRAWING = "/models/iris/report/confusion_matrix.light.svg"
BODY = as_json([FLOWER])
LIMIT = 1_000_000


def said(client: FlaskClient, body: bytes) -> str:
    answer = post(client, PREDICT, body, Content_Encoding="gzip")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    return str(answer.get_json()["detail"])


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", " gzip "])
def test_a_body_may_be_in_gzip(client: FlaskClient, encoding: str) -> None:
    for body, content_type in ((BODY, JSON), (as_csv([FLOWER]), CSV)):
        answer = post(client, PREDICT, gzip.compress(body), content_type, Content_Encoding=encoding)
        assert answer.get_json()[0]["label"] == "setosa"


def test_a_form_may_be_in_gzip(client: FlaskClient) -> None:
    form = "&".join(f"{name}={value}" for name, value in FLOWER.items()).encode()
    assert post_gzip(client, PREDICT, form, FORM).get_json()["label"] == "setosa"
    page = post_gzip(client, PREDICT, form, FORM, Accept="text/html")
    assert (page.status_code, page.mimetype) == (200, "text/html")


def test_tensors_may_be_in_gzip(client: FlaskClient) -> None:
    flowers = {"name": "flowers", "shape": [1, 4], "datatype": "FP64", "data": list(FLOWER.values())}
    body = json.dumps({"inputs": [flowers]}).encode()
    answer = post_gzip(client, "/v2/models/iris/infer", body)
    assert answer.get_json() == post(client, "/v2/models/iris/infer", body).get_json()
    assert post_gzip(client, "/v2/models/iris/infer", body + b" " * LIMIT).status_code == 413


def test_identity_says_that_a_body_is_as_it_is(client: FlaskClient) -> None:
    assert post(client, PREDICT, BODY, Content_Encoding="identity").status_code == 200


def test_a_body_may_be_several_gzip_members(client: FlaskClient) -> None:
    parts = [gzip.compress(BODY[:10]), *[gzip.compress(b"")] * 10_000, gzip.compress(BODY[10:])]
    assert post(client, PREDICT, b"".join(parts), Content_Encoding="gzip").status_code == 200


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "br, gzip", "none"])
def test_another_encoding_is_415_and_told_which_would_do(client: FlaskClient, encoding: str) -> None:
    for body, content_type, accept in (
        (BODY, JSON, "*/*"),
        (as_csv([FLOWER]), CSV, "*/*"),
        (b"a=1", FORM, "text/html"),
    ):
        answer = post(client, PREDICT, body, content_type, Content_Encoding=encoding, Accept=accept)
        assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "gzip")
        assert f"he content encoding must be gzip or none, not {encoding}" in answer.text


NOT_GZIP = "the body is not gzip, as its Content-Encoding says: "
CUT_SHORT = "the body ends before its gzip data does"
SENT = gzip.compress(BODY, mtime=0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", CUT_SHORT),
        (SENT[:5], CUT_SHORT),
        (SENT[:-1], CUT_SHORT),
        (SENT + SENT[:-1], CUT_SHORT),
        (BODY, NOT_GZIP),
        (SENT + b"more", NOT_GZIP),
        (SENT[:-6] + b"\0\0" + SENT[-4:], NOT_GZIP),
        (SENT[:20] + b"\xff" * 10 + SENT[30:], NOT_GZIP),
    ],
)
def test_a_body_that_is_not_whole_gzip_is_400(client: FlaskClient, body: bytes, message: str) -> None:
    assert said(client, body).startswith(message)


def test_the_limit_counts_the_bytes_after_decompression(client: FlaskClient) -> None:
    for content_type, body in ((JSON, BODY), (CSV, as_csv([FLOWER])), (FORM, b"a=1")):
        padded = body + b"\n" * (LIMIT - len(body))
        assert post_gzip(client, PREDICT, padded, content_type).status_code == (400 if content_type == FORM else 200)
        answer = post_gzip(client, PREDICT, padded + b"\n", content_type)
        assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
        assert answer.get_json()["detail"] == f"the body is larger than {LIMIT} bytes when it is decompressed"


def test_the_limit_counts_the_bytes_as_sent_too(client: FlaskClient) -> None:
    nothing = gzip.compress(b"") * (LIMIT // 20 + 1)
    assert post(client, PREDICT, nothing, Content_Encoding="gzip").status_code == 413


def test_a_bomb_is_refused_and_never_held(client: FlaskClient) -> None:
    compressor = zlib.compressobj(9, wbits=31)
    one = b"".join(map(compressor.compress, [bytes(2**20)] * 900)) + compressor.flush()
    many = gzip.compress(bytes(15 * 2**20)) * 60
    for bomb in (one, many):
        assert len(bomb) < LIMIT
        tracemalloc.start()
        try:
            answer = post(client, PREDICT, bomb, Content_Encoding="gzip")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert answer.status_code == 413
        assert most < 10 * LIMIT


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("*", True),
        ("gzip, deflate, br, zstd", True),
        ("br, gzip;q=0.5", True),
        ("gzip; q=0.1", True),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity;q=0", False),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity, gzip;q=0.5", False),
    ],
)
def test_an_answer_is_in_gzip_only_for_who_accepts_it(client: FlaskClient, accept: str, compressed: bool) -> None:
    rows = as_json([FLOWER] * 20)
    answer = post(client, PREDICT, rows, Accept_Encoding=accept)
    assert answer.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    assert "Accept-Encoding" in answer.headers["Vary"].split(", ")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    content = gzip.decompress(answer.data) if compressed else answer.data
    assert json.loads(content) == post(client, PREDICT, rows).get_json()


LARGE: list[tuple[str, str, dict[str, Any]]] = [
    ("application/json", "/models/iris", {}),
    ("text/html", "/models/iris", {"headers": {"Accept": "text/html"}}),
    ("text/css", "/static/style.css", {}),
    ("image/svg+xml", DRAWING, {}),
    ("text/csv", PREDICT, {"json": [FLOWER] * 20, "headers": {"Accept": "text/csv"}}),
    ("application/problem+json", PREDICT, {"json": [{}] * 20}),
]


@pytest.mark.parametrize(("kind", "path", "asked"), LARGE)
def test_every_kind_of_answer_that_is_large_can_be_had_in_gzip(
    client: FlaskClient, kind: str, path: str, asked: dict[str, Any]
) -> None:
    method, headers = "POST" if "json" in asked else "GET", asked.get("headers", {})
    plain = client.open(path, method=method, buffered=True, **asked)
    asked = asked | {"headers": headers | {"Accept-Encoding": "gzip"}}
    small = client.open(path, method=method, buffered=True, **asked)
    assert (plain.mimetype, small.mimetype, small.status_code) == (kind, kind, plain.status_code)
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"].split(", ")
    assert plain.headers["Vary"] == small.headers["Vary"]
    if method == "GET":
        head = client.head(path, buffered=True, **asked)
        assert (head.headers["Content-Length"], head.headers["Content-Encoding"]) == (str(len(small.data)), "gzip")


@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
def test_metrics_can_be_had_in_gzip(client: FlaskClient, kind: str) -> None:
    answer = client.get("/metrics", headers={"Accept": kind, "Accept-Encoding": "gzip"})
    assert (answer.mimetype, answer.headers["Content-Encoding"]) == (kind, "gzip")
    assert "# HELP " in gzip.decompress(answer.data).decode()


@pytest.mark.parametrize("path", [DRAWING, "/static/style.css"])
def test_what_a_browser_has_in_gzip_it_need_not_fetch_again(client: FlaskClient, path: str) -> None:
    wants = {"Accept-Encoding": "gzip"}
    plain, small = client.get(path, buffered=True), client.get(path, headers=wants, buffered=True)
    assert plain.headers["ETag"] != small.headers["ETag"]
    for kept in (plain, small):
        again = client.get(path, headers=wants | {"If-None-Match": kept.headers["ETag"]}, buffered=True)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", kept.headers["ETag"])
        assert "Content-Encoding" not in again.headers
        assert "Accept-Encoding" in again.headers["Vary"]
    assert client.get(path, headers=wants | {"If-None-Match": '"another"'}, buffered=True).status_code == 200


def test_a_part_of_a_file_is_sent_as_it_is(client: FlaskClient) -> None:
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-2999"}
    part = client.get("/static/style.css", headers=headers, buffered=True)
    assert (part.status_code, len(part.data)) == (206, 3_000)
    assert "Content-Encoding" not in part.headers


TEXT = "a" * LEAST_BYTES


@pytest.mark.parametrize(
    "response",
    [
        Response(TEXT[1:], mimetype=JSON),
        Response(TEXT, mimetype="image/png"),
        Response(TEXT, mimetype=JSON, headers={"Content-Encoding": "br"}),
        Response(iter([TEXT]), mimetype=JSON),
        Response(status=204),
    ],
    ids=["small", "of a compressed kind", "compressed already", "a stream", "empty"],
)
def test_what_would_gain_nothing_is_sent_as_it_is(response: Response) -> None:
    before = response.headers.get("Content-Encoding")
    with Flask(__name__).test_request_context("/", headers={"Accept-Encoding": "gzip"}):
        assert compress_response(response).headers.get("Content-Encoding") == before
    assert response.headers["Vary"] == "Accept-Encoding"


def test_a_text_of_some_length_is_worth_it() -> None:
    with Flask(__name__).test_request_context("/", headers={"Accept-Encoding": "gzip"}):
        answer = compress_response(Response(TEXT, mimetype=JSON))
    assert gzip.decompress(answer.data).decode() == TEXT

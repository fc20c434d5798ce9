"""The consumer's client against a real HTTP server that answers what a test tells it to."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from embedded.ports import free_port
from petalstream.reasons import Reason
from services.consumer.client import ApiClient
from services.consumer.policy import InQuestion, ServerError, Unavailable, UnknownModel

UNKNOWN: dict[str, object] = {
    "row": None,
    "field": None,
    "message": "there is no model 'rose'",
    "reason": "unknown_model",
}
SETOSA = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}
COLUMNS: dict[str, Any] = {
    "model": "iris",
    "version": "1",
    "rows": 1,
    "label": ["setosa"],
    "probabilities": {"setosa": [1.0]},
    "warnings": {},
    "errors": {},
}
PREDICT = "/models/iris/predict?on_error=report&format=columns"


class Handler(BaseHTTPRequestHandler):
    """Answers every POST with `status`, `body` and `headers`, None as a body lets the client wait; GET with `ready`."""

    status, ready = 200, 200
    body: bytes | None = json.dumps(COLUMNS).encode()
    headers_sent: tuple[tuple[str, str], ...] = ()
    release: threading.Event
    url: str
    seen: list[tuple[str, str, bytes]]
    keys: list[str | None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(("POST", self.path, body))
        self.keys.append(self.headers["Authorization"])
        if self.body is None:
            self.release.wait(30)
        else:
            self._answer(self.status, self.body)

    def do_GET(self) -> None:
        self.seen.append(("GET", self.path, b""))
        self.keys.append(self.headers["Authorization"])
        self._answer(self.ready, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.headers_sent:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        pass


Server = tuple[type[Handler], ApiClient]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of the test's own and a client that waits half a second for it."""

    class Own(Handler):
        release = threading.Event()
        seen: list[tuple[str, str, bytes]] = []  # noqa: RUF012 - one for each test's own class
        keys: list[str | None] = []  # noqa: RUF012

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    Own.url = f"http://127.0.0.1:{listening.server_port}/"
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    with closing(ApiClient(Own.url, timeout=0.5)) as client:
        yield Own, client
    Own.release.set()
    listening.shutdown()
    thread.join()
    listening.server_close()


def problem(*errors: dict[str, object]) -> bytes:
    return json.dumps({"type": "about:blank", "detail": "no", "errors": errors}).encode()


def test_the_rows_are_posted_byte_for_byte_and_the_answers_returned_in_order(server: Server) -> None:
    handler, client = server
    missing = [{"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}]
    two = {"rows": 2, "label": ["setosa", None], "probabilities": {"setosa": [1.0, None]}, "errors": {"1": missing}}
    handler.body = json.dumps(COLUMNS | two).encode()
    rows = [b'{ "petal_width":0.20, "petal_width": NaN}', '{"é": "\\ud800"}'.encode()]
    assert client.score("iris", rows) == [SETOSA, {"errors": missing}]
    assert handler.seen == [("POST", PREDICT, b"[" + rows[0] + b"," + rows[1] + b"]")]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        json.dumps([SETOSA]).encode(),
        json.dumps(SETOSA).encode(),
        json.dumps(COLUMNS | {"rows": 2}).encode(),
        b"[1]",
        b"[null]",
        b"{}",
        b'{"0": {}}',
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[{}]",
        b'{"rows": 1, "errors": {"0": "no"}}',
        json.dumps(COLUMNS | {"votes": ["setosa"]}).encode(),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested"),
        pytest.param(b"[" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]", id="nested objects"),
        pytest.param(b'{"rows": ' + b"1" * 5_000 + b"}", id="many digits"),
    ],
)
def test_a_200_that_is_not_a_prediction_or_errors_for_each_row_is_no_word_about_the_rows(
    server: Server, body: bytes
) -> None:
    handler, client = server
    handler.body = body
    with pytest.raises(Unavailable, match="the api answered 200: ") as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == 0
    assert len(str(unavailable.value)) < 400


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_at_fault_is_in_question_with_the_errors_that_the_api_names(server: Server, status: int) -> None:
    handler, client = server
    error = {"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}
    handler.status, handler.body = status, problem(error)
    with pytest.raises(InQuestion, match=f"the api answered {status}: ") as question:
        client.score("iris", [b"{}", b"{}"])
    assert (question.type, question.value.errors, question.value.tries) == (InQuestion, [error], 1)


@pytest.mark.parametrize("body", [b"no", b"", b"[]", b"{}", b'{"errors": 1}', b'{"errors": [1, null]}', b"\xff"])
def test_a_batch_at_fault_is_in_question_without_errors_where_the_api_names_none(server: Server, body: bytes) -> None:
    handler, client = server
    handler.status, handler.body = 400, body
    with pytest.raises(InQuestion) as question:
        client.score("iris", [b"{}"])
    assert question.value.errors == []


def test_a_404_that_says_so_means_that_the_model_is_unknown(server: Server) -> None:
    handler, client = server
    handler.status, handler.body = 404, problem(UNKNOWN)
    with pytest.raises(UnknownModel) as unknown:
        client.score("rose", [b"{}"])
    assert str(unknown.value) == "there is no model 'rose'"
    assert UNKNOWN["reason"] == Reason.UNKNOWN_MODEL


@pytest.mark.parametrize("body", [b"<html>", problem(), problem({**UNKNOWN, "reason": None}), b'{"errors": 7}'])
def test_any_other_404_says_nothing_about_the_model(server: Server, body: bytes) -> None:
    handler, client = server
    handler.status, handler.body = 404, body
    with pytest.raises(Unavailable, match="the api answered 404"):
        client.score("rose", [b"{}"])


def test_a_500_of_an_api_that_is_ready_puts_the_batch_in_question(server: Server) -> None:
    handler, client = server
    handler.status, handler.body = 500, problem()
    with pytest.raises(ServerError) as failed:
        client.score("iris", [b"{}"])
    assert isinstance(failed.value, InQuestion)
    assert [(method, path) for method, path, _ in handler.seen] == [("POST", PREDICT), ("GET", "/ready")]


@pytest.mark.parametrize("ready", [500, 503, 301, 404])
def test_a_500_of_an_api_that_is_not_ready_does_not(server: Server, ready: int) -> None:
    handler, client = server
    handler.status, handler.ready, handler.body = 500, ready, problem()
    with pytest.raises(Unavailable, match="the api answered 500"):
        client.score("iris", [b"{}"])


@pytest.mark.parametrize("status", [201, 204, 301, 307, 401, 403, 405, 408, 415, 429, 502, 503, 504])
def test_any_other_status_is_no_word_about_the_rows_and_no_redirection_is_followed(server: Server, status: int) -> None:
    handler, client = server
    handler.status, handler.body = status, b"" if status == 204 else json.dumps(COLUMNS).encode()
    handler.headers_sent = (("Location", "/elsewhere"),)
    with pytest.raises(Unavailable, match=f"the api answered {status}: "):
        client.score("iris", [b"{}"])
    assert [path for _, path, _ in handler.seen] == [PREDICT]


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (None, 0),
        ("7", 7),
        (" 7 ", 7),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", 0),
        ("", 0),
        ("-7", 0),
        ("1.5", 0),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 0),
        pytest.param("9" * 5_000, 0, id="many digits"),
    ],
)
def test_how_long_the_api_asks_to_be_left_alone_is_read_where_it_can_be(
    server: Server, asked: str | None, seconds: float
) -> None:
    handler, client = server
    handler.status = 503
    handler.headers_sent = () if asked is None else (("Retry-After", asked),)
    with pytest.raises(Unavailable) as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == seconds


def test_the_api_may_ask_to_be_left_alone_until_a_date(server: Server) -> None:
    handler, client = server
    handler.status = 429
    handler.headers_sent = (("Retry-After", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)),)
    with pytest.raises(Unavailable) as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == pytest.approx(3600, abs=60)


def test_the_key_it_is_given_goes_with_every_request_and_none_otherwise(server: Server) -> None:
    handler, without = server
    handler.status, handler.body = 500, problem()
    with closing(ApiClient(handler.url, 0.5, {"Authorization": "Bearer first"})) as client:
        for asking in (client, without):
            with pytest.raises(ServerError):
                asking.score("iris", [b"{}"])
    assert [method for method, _, _ in handler.seen] == ["POST", "GET"] * 2
    assert handler.keys == ["Bearer first"] * 2 + [None] * 2


def test_no_proxy_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    _, client = server
    assert client.score("iris", [b"{}"]) == [SETOSA]


def test_an_api_that_does_not_answer_in_time_is_unavailable(server: Server) -> None:
    handler, client = server
    handler.body = None
    with pytest.raises(Unavailable, match=r"does not answer: .*timed? ?out"):
        client.score("iris", [b"{}"])


def test_an_api_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="does not answer: "):
        ApiClient(f"http://127.0.0.1:{free_port()}", timeout=0.5).score("iris", [b"{}"])

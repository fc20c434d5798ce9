"""The consumer's client against a real HTTP server that answers what a test tells it to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from embedded.ports import free_port
from services.consumer.client import ApiClient, ApiError, RowsRejected


class Handler(BaseHTTPRequestHandler):
    """Answers every POST with the server's `answer`, a status and a body; None lets the client wait."""

    answer: tuple[int, str] | None = (200, "[]")
    release = threading.Event()
    seen: tuple[str, object] = ("", None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen = (self.path, body)
        if self.answer is None:
            self.release.wait(30)
            return
        status, text = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the base class gives it
        pass


@pytest.fixture
def server() -> Iterator[tuple[type[Handler], ApiClient]]:
    """A server of the test's own and a client that waits half a second for it."""

    class Own(Handler):
        release = threading.Event()

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield Own, ApiClient(f"http://127.0.0.1:{listening.server_port}/", timeout=0.5)
    Own.release.set()
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_the_rows_are_posted_to_the_model_and_the_answers_returned(server: tuple[type[Handler], ApiClient]) -> None:
    handler, client = server
    handler.answer = (200, '[{"label": "setosa"}]')
    assert client.predict("iris", [{"petal_width": 0.2}]) == [{"label": "setosa"}]
    assert handler.seen == ("/models/iris/predict", [{"petal_width": 0.2}])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((400, '{"detail": "no"}'), 'answered 400: {"detail": "no"}'),
        ((503, "busy"), "answered 503: busy"),
        ((200, "[]"), "did not answer with 1 predictions: []"),
        ((200, "<html>"), "did not answer with 1 predictions: <html>"),
        (None, "did not answer: "),
    ],
)
def test_any_other_answer_is_an_error_that_says_what_came(
    server: tuple[type[Handler], ApiClient], answer: tuple[int, str] | None, told: str
) -> None:
    handler, client = server
    handler.answer = answer
    with pytest.raises(ApiError) as failed:
        client.predict("iris", [{}])
    assert told in str(failed.value)


def test_rows_at_fault_are_told_apart_from_other_errors(server: tuple[type[Handler], ApiClient]) -> None:
    handler, client = server
    error = {"row": 1, "field": "petal_width", "message": "is missing"}
    handler.answer = (400, json.dumps({"errors": [error]}))
    with pytest.raises(RowsRejected) as rejected:
        client.predict("iris", [{"petal_width": float("nan")}])
    assert rejected.value.errors == [error]


def test_no_proxy_is_asked(server: tuple[type[Handler], ApiClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    handler, client = server
    handler.answer = (200, "[{}]")
    assert client.predict("iris", [{}]) == [{}]


def test_an_api_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ApiError, match="did not answer"):
        ApiClient(f"http://127.0.0.1:{free_port()}", timeout=0.5).predict("iris", [{}])

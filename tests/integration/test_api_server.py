"""The api as gunicorn serves it."""

import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.lone_api import LoneApi, lone_api
from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("api server")
FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture(scope="module")
def served(settings: Settings, iris: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api that takes bodies of up to 10 kB."""
    folder = tmp_path_factory.mktemp("api-server")
    with lone_api(settings.models_dir, folder, api_workers=1, api_max_body_bytes=10_000) as running:
        yield running


def test_it_answers_and_says_it_is_ready(served: LoneApi) -> None:
    assert requests.get(f"{served.url}/ready", timeout=10).json() == {"status": "ready", "models": {"iris": "1"}}
    assert requests.post(f"{served.url}/predict", json=FLOWER, timeout=10).json()["label"] == "setosa"


def test_a_body_over_the_limit_is_413_whether_its_length_is_told_or_not(served: LoneApi) -> None:
    def post(body: bytes, chunked: bool) -> requests.Response:
        data = iter([body]) if chunked else body
        return requests.post(
            f"{served.url}/predict", data=data, headers={"Content-Type": "application/json"}, timeout=10
        )

    fits = json.dumps(FLOWER).encode().ljust(10_000)
    for chunked in (False, True):
        assert post(fits, chunked).status_code == 200
        for too_long in (fits + b" ", fits * 100):
            answer = post(too_long, chunked)
            assert answer.status_code == 413
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"] == "the body is larger than 10000 bytes"


def test_a_connection_serves_on_after_an_error(served: LoneApi) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    for body, status in ((b"{", 400), (json.dumps(FLOWER).encode(), 200)):
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_bytes_that_are_no_http_are_refused_without_a_stack_trace(served: LoneApi) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Traceback" not in answer


def test_sigterm_ends_it_within_10_seconds(stack: Stack) -> None:
    api = stack.start_api()
    began = time.monotonic()
    api.process.send_signal(signal.SIGTERM)
    assert api.process.wait(20) == 0
    assert time.monotonic() - began < 10


def test_without_a_model_it_answers_503_and_lives(stack: Stack) -> None:
    stack.start_api(models_dir=stack.folder / "empty")
    assert requests.get(f"{stack.settings.api_url}/health", timeout=10).status_code == 200
    assert requests.get(f"{stack.settings.api_url}/ready", timeout=10).status_code == 503


def test_a_wrong_setting_is_told_in_one_line(stack: Stack) -> None:
    api = stack.launch_api(api_threads="none")
    assert api.process.wait(30) == 1
    assert stack.log("api").read_text() == "api: API_THREADS must be a whole number of at least 1, not 'none'\n"

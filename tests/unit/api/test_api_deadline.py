"""What becomes of requests whose X-Request-Timeout passes, and of those whose timeout cannot be read."""

import math
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from embedded.waiting import wait_until
from petalstream.bundle import Bundle
from petalstream.settings import Settings
from services.api import deadline, errors
from services.api.app import create_app
from services.api.scoring.scorer import Scorer
from tests.unit.api.asked import inputs

LATE = "X-Request-Timeout passed before the rows were scored; no predictions were made"
INFER = "/v2/models/iris/infer"


def asked(client: FlaskClient, flower: dict[str, object], timeout: str) -> list[TestResponse]:
    """The responses to predictions asked for in every form, of which the last is in the V2 protocol."""
    headers = {"X-Request-Timeout": timeout}
    csv = "\n".join(",".join(map(str, cells)) for cells in (flower.keys(), flower.values()))
    return [
        client.post("/predict", json=flower, headers=headers),
        client.post("/models/iris/predict?on_error=report&format=columns", json=[flower] * 40, headers=headers),
        client.post("/predict", data=csv, content_type="text/csv", headers=headers),
        client.post("/models/iris/predict", data=flower, headers=headers),
        client.post(INFER, json=inputs(), headers=headers),
    ]


@pytest.mark.parametrize(
    "timeout", ["", "0", "0.0", "-1", "+1", "1e3", "1.", ".5", "nan", "inf", "1 s", "1,5", "9" * 7]
)
def test_a_timeout_that_is_no_positive_decimal_number_is_400(
    client: FlaskClient, flower: dict[str, object], timeout: str
) -> None:
    said = f"X-Request-Timeout must be a positive number of seconds such as 2 or 0.5, not {timeout!r}"
    *answers, inferred = asked(client, flower, timeout)
    for response in answers:
        assert (response.status_code, response.get_json()["detail"]) == (400, said)
    assert (inferred.status_code, inferred.get_json()) == (400, {"error": said})
    assert client.get("/ready", headers={"X-Request-Timeout": timeout}).status_code == 200


@pytest.mark.parametrize("timeout", ["30", "30.25", "007", "999999.999999"])
def test_a_request_with_time_left_is_scored(client: FlaskClient, flower: dict[str, object], timeout: str) -> None:
    without = [response.get_json() for response in asked(client, flower, "30")]
    assert [response.get_json() for response in asked(client, flower, timeout)] == without
    assert "errors" not in without[0]


def test_expired_work_is_not_started(
    client: FlaskClient, flower: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scorer, "predict", None)
    monkeypatch.setattr(Scorer, "predict_valid", None)
    *answers, inferred = asked(client, flower, "0.000001")
    for response in (*answers, inferred):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    for response in answers:
        assert response.mimetype == "application/problem+json"
        assert [error["message"] for error in response.get_json()["errors"]] == [LATE]
    assert inferred.get_json() == {"error": LATE}
    assert client.get("/health", headers={"X-Request-Timeout": "0.000001"}).status_code == 200


def test_a_deadline_that_passes_while_rows_are_scored_is_503(
    client: FlaskClient, flower: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> None:
        raise errors.DeadlinePassed

    for name in ("predict", "predict_valid"):
        monkeypatch.setattr(Scorer, name, late)
    for response in asked(client, flower, "30"):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert LATE in response.text


def test_a_request_that_waits_for_its_turn_gives_up_at_its_deadline(
    settings: Settings, iris: Bundle, flower: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(models_dir=settings.models_dir, api_threads=1, api_queue=5))
    scored, finish, predict = list[int](), threading.Event(), Scorer.predict

    def slow(scorer: Scorer, rows: list[object], until: float = math.inf) -> object:
        scored.append(len(rows))
        assert finish.wait(30)
        return predict(scorer, rows, until)

    monkeypatch.setattr(Scorer, "predict", slow)
    first = list[TestResponse]()
    thread = threading.Thread(target=lambda: first.append(app.test_client().post("/predict", json=[flower])))
    thread.start()
    try:
        wait_until(lambda: bool(scored), "the first request to be scored", 10)
        for _ in range(3):
            response = app.test_client().post("/predict", json=flower, headers={"X-Request-Timeout": "0.05"})
            assert (response.status_code, response.get_json()["detail"]) == (503, LATE)
    finally:
        finish.set()
        thread.join(30)
    assert first[0].status_code == 200
    assert scored == [1]


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and a server that are connected by TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        with client, listening.accept()[0] as server:
            yield client, server


def test_the_time_counts_from_when_the_request_arrived(connection: tuple[socket.socket, socket.socket]) -> None:
    client, server = connection
    client.sendall(b"POST /predict")
    arrived = time.monotonic()
    environ = {"HTTP_X_REQUEST_TIMEOUT": "0.5", "gunicorn.socket": server}
    wait_until(lambda: deadline.has_passed(deadline.of(environ)), "the bytes to lie unread for half a second", 10)
    assert time.monotonic() - arrived > 0.4
    client.sendall(b" HTTP/1.1")
    wait_until(lambda: not deadline.has_passed(deadline.of(environ)), "new bytes to arrive", 10)


def test_without_tcp_the_time_counts_from_now() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        until = deadline.of({"HTTP_X_REQUEST_TIMEOUT": "20", "gunicorn.socket": ours})
    assert 19 < until - time.monotonic() <= 20
    assert deadline.of({}) == math.inf
    assert deadline.of({"HTTP_X_REQUEST_TIMEOUT": "soon"}) == math.inf

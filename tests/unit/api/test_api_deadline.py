"""What becomes of requests whose X-Request-Timeout passes, and of those whose timeout cannot be read."""

import asyncio
import json
import math
import threading
import time

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api import deadline, errors
from services.api.app import create_server
from services.api.scoring.scorer import Scorer
from tests.records import FLOWER
from tests.unit.api.asgi import receive_from
from tests.unit.api.asked import Asked, inputs

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
    for name in ("predict", "predict_valid", "predict_samples"):
        monkeypatch.setattr(Scorer, name, None)
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

    for name in ("predict", "predict_valid", "predict_samples"):
        monkeypatch.setattr(Scorer, name, late)
    for response in asked(client, flower, "30"):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert LATE in response.text


def test_a_request_that_waits_for_its_place_gives_up_at_its_deadline(
    settings: Settings, iris: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = create_server(Settings(models_dir=settings.models_dir, api_threads=1, api_queue=5))
    scored, finish, predict = list[int](), threading.Event(), Scorer.predict

    def slow(scorer: Scorer, rows: list[object], until: float = math.inf) -> object:
        scored.append(len(rows))
        assert finish.wait(30)
        return predict(scorer, rows, until)

    monkeypatch.setattr(Scorer, "predict", slow)
    body = json.dumps([FLOWER]).encode()
    halves = [body[:1], body[1:]]  # which a thread handles

    async def ask() -> None:
        first = asyncio.ensure_future(receive_from(api, Asked("/predict", body), halves))
        try:
            async with asyncio.timeout(10):
                while not scored:
                    await asyncio.sleep(0.01)
            brief = Asked("/predict", body, {"X-Request-Timeout": "0.05"})
            for _ in range(3):
                status, _, content = await receive_from(api, brief, halves)
                assert (status, json.loads(content)["detail"]) == (503, LATE)
        finally:
            finish.set()
        assert (await first)[0] == 200

    asyncio.run(ask())
    assert scored == [1]


def test_the_time_counts_from_now() -> None:
    until = deadline.of({"HTTP_X_REQUEST_TIMEOUT": "20"})
    assert 19 < until - time.monotonic() <= 20
    assert deadline.of({}) == math.inf
    assert deadline.of({"HTTP_X_REQUEST_TIMEOUT": "soon"}) == math.inf

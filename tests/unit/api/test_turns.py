"""What the event loop predicts itself, and what it leaves to threads."""

import asyncio
import json
import threading

import pytest
from starlette.types import ASGIApp, Message

from petalstream.model import runtime
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_server
from services.api.gateway.middleware import Middleware
from services.api.scoring.scorer import Scorer
from services.api.server import turns
from services.api.server.threads import Threads
from tests.records import FLOWER
from tests.unit.api.asgi import receive, receive_all, receive_from, scope_of
from tests.unit.api.asked import Asked

REPORT = "on_error=report"


@pytest.fixture(scope="module")
def api(settings: Settings, iris: Bundle) -> ASGIApp:
    """The api around Iris."""
    return create_server(settings)


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models for which a thread has run."""
    models: list[str] = []
    run = Threads.run

    async def run_and_note(threads: Threads, model: str, call: object) -> object:
        models.append(model)
        return await run(threads, model, call)  # type: ignore[arg-type]

    monkeypatch.setattr(Threads, "run", run_and_note)
    return models


def rows(number: int, **changes: object) -> bytes:
    """A list of flowers."""
    return json.dumps([FLOWER | changes] * number).encode()


@pytest.mark.parametrize(
    ("asked", "threads"),
    [
        (Asked("/predict", json.dumps(FLOWER).encode()), []),
        (Asked("/predict", rows(500)), []),
        (Asked("/predict", rows(15, petal_width="x"), query=REPORT), []),
        (Asked("/predict", rows(100, petal_width="x"), query=REPORT), ["iris"]),
        (Asked("/models/iris/predict", json.dumps([{}] * 10_000).encode(), query=REPORT), ["iris"]),
        (Asked("/predict", rows(1_000)), ["iris"]),
        (Asked("/models/rose/predict", rows(1)), ["rose"]),
        (Asked("/v2/models/iris/versions/1/infer", b"{}"), ["iris"]),
        (Asked("/models", b"", method="GET"), [""]),
    ],
)
def test_what_is_large_doubtful_or_for_flask_is_for_a_thread(
    api: ASGIApp, in_threads: list[str], asked: Asked, threads: list[str]
) -> None:
    receive(api, asked)
    assert in_threads == threads


@pytest.mark.parametrize("path", ["/health", "/ready", "/v2/health/live", "/v2/health/ready"])
def test_probes_need_no_thread(api: ASGIApp, in_threads: list[str], path: str) -> None:
    assert receive(api, Asked(path, b"", method="GET"))[0] == 200
    assert in_threads == []


def test_a_slow_model_is_for_threads(api: ASGIApp, in_threads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scorer, "expected_seconds", lambda _, rows: rows * turns.TURN_SECONDS / 10)
    assert [receive(api, Asked("/predict", rows(number)))[0] for number in (10, 11)] == [200, 200]
    assert in_threads == ["iris"]


def test_a_pickled_model_is_for_threads_however_fast_it_was(
    settings: Settings, iris: Bundle, in_threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("this graph cannot be run")

    monkeypatch.setattr(runtime, "load_onnx", lambda _: fail)
    assert receive(create_server(settings), Asked("/predict", rows(1)))[0] == 200
    assert in_threads == ["iris"]


def test_what_would_take_longer_than_a_turn_together_is_scored_in_several(
    api: ASGIApp, in_threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scorer, "expected_seconds", lambda _, rows: rows * turns.TURN_SECONDS / 4)
    sizes, predict = list[int](), Scorer.predict

    def predict_and_count(scorer: Scorer, batch: list[object], deadline: float) -> object:
        sizes.append(len(batch))
        return predict(scorer, batch, deadline)

    monkeypatch.setattr(Scorer, "predict", predict_and_count)
    responses = receive_all(api, [Asked("/predict", json.dumps(FLOWER).encode())] * 10)
    assert [status for status, _, _ in responses] == [200] * 10
    assert max(sizes) <= 4
    assert in_threads == []


def test_more_than_may_wait_are_rejected(settings: Settings, iris: Bundle) -> None:
    own = create_server(Settings(models_dir=settings.models_dir, api_threads=1, api_queue=4))
    responses = receive_all(own, [Asked("/predict", json.dumps(FLOWER).encode())] * 8)
    assert [status for status, _, _ in responses] == [200] * 5 + [503] * 3
    assert all(("retry-after", "1") in headers for status, headers, _ in responses if status == 503)


def test_a_body_that_breaks_off_is_408(api: ASGIApp) -> None:
    async def ask() -> None:
        asked = Asked("/predict", b"[" * 100)

        async def receive_some() -> dict[str, object]:
            return messages.pop(0)

        messages: list[dict[str, object]] = [
            {"type": "http.request", "body": b"[", "more_body": True},
            {"type": "http.disconnect"},
        ]
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await api(scope_of(asked), receive_some, send)
        assert sent[0]["status"] == 408

    asyncio.run(ask())


@pytest.mark.parametrize("pieces", [1, 3, 100])
@pytest.mark.parametrize(("length", "status"), [(1_000, 200), (1_001, 413), (50_000, 413)])
def test_a_body_over_the_limit_is_413_however_it_arrives(
    settings: Settings, iris: Bundle, length: int, status: int, pieces: int
) -> None:
    own = create_server(Settings(models_dir=settings.models_dir, api_max_body_bytes=1_000))
    body = json.dumps(FLOWER).encode().ljust(length)
    size = -(-length // pieces)
    arriving = [body[start : start + size] for start in range(0, length, size)]
    assert receive(own, Asked("/predict", body), arriving)[0] == status


def test_a_fault_while_requests_are_answered_together_leaves_none_waiting(
    api: ASGIApp, in_threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no file can be opened")

    monkeypatch.setattr(Middleware, "respond_together", fail)
    responses = receive_all(api, [Asked("/predict", json.dumps(FLOWER).encode())] * 3)
    assert [status for status, _, _ in responses] == [200] * 3
    assert in_threads == ["iris"] * 3


def test_a_client_that_leaves_frees_its_place_when_its_thread_ends(
    settings: Settings, iris: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = create_server(Settings(models_dir=settings.models_dir, api_threads=1, api_queue=0))
    began, finish, predict = threading.Event(), threading.Event(), Scorer.predict

    def slow(scorer: Scorer, batch: list[object], deadline: float) -> object:
        began.set()
        assert finish.wait(30)
        return predict(scorer, batch, deadline)

    monkeypatch.setattr(Scorer, "predict", slow)
    asked, halves = Asked("/predict", rows(1)), [b"[", rows(1)[1:]]

    async def ask() -> None:
        leaving = asyncio.ensure_future(receive_from(own, asked, halves))
        await asyncio.to_thread(began.wait, 30)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert (await receive_from(own, asked, halves))[0] == 503
        finish.set()
        async with asyncio.timeout(30):
            while (await receive_from(own, asked, halves))[0] != 200:
                await asyncio.sleep(0.01)

    asyncio.run(ask())

"""The fast paths around Flask's dispatch and around gunicorn's WSGI have the outcome of the ordinary path."""

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from werkzeug.test import run_wsgi_app

from petalstream.settings import Settings
from services.api.app import create_app
from services.api.gateway.fast_path import Environ, FastPath, HeadersAndBody
from services.api.scoring import chunks
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows, Scorer
from services.api.server import whole_request
from tests.unit.api.asked import GUARDED, KEYS, LIMIT, PLAIN, SHARED, UNUSUAL, USUAL, Asked

# Usual requests with headers that the event loop does not know, or without the length of the body.
NOT_FOR_THE_LOOP = ("with a trace and an origin", "without a length")


class Remembering:
    """A fast path that remembers its responses."""

    def __init__(self, fast_path: FastPath | None) -> None:
        self._fast_path, self.responses = fast_path, list[HeadersAndBody | None]()

    def __call__(self, environ: Environ) -> HeadersAndBody | None:
        self.responses.append(self._fast_path(environ) if self._fast_path else None)
        return self.responses[-1]

    def predict_batch(self, environs: Sequence[Environ]) -> list[HeadersAndBody | None]:
        return self._fast_path.predict_batch(environs) if self._fast_path else [None] * len(environs)


@dataclass(frozen=True)
class Api:
    """An app as it is, and the same without its fast path."""

    with_fast_path: Flask
    without: Flask
    fast_path: Remembering


@pytest.fixture(autouse=True)
def at_any_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the path independent of this machine's speed: a slow model is not for the fast path."""
    monkeypatch.setattr(chunks, "LOOP_SECONDS", math.inf)


@pytest.fixture(scope="module")
def apis(two_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Api]:
    """The api for each `where`."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text("\n".join(KEYS))
    own = dataclasses.replace(two_models, api_max_body_bytes=LIMIT, api_access_log=True)
    return {
        PLAIN: both_ways(own),
        GUARDED: both_ways(dataclasses.replace(own, api_keys=str(keys))),
        SHARED: both_ways(dataclasses.replace(own, api_cors_origins="https://a.example")),
    }


def both_ways(own: Settings) -> Api:
    usual, without = create_app(own), create_app(own)
    middleware = vars(usual)["wsgi_app"]
    middleware.fast_path = remembering = Remembering(middleware.fast_path)
    vars(without)["wsgi_app"].fast_path = None
    return Api(usual, without, remembering)


@dataclass
class Outcome:
    """The outcome of a request: the response, what is counted and what is logged."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    counted: dict[str, float] = field(default_factory=dict)
    logged: dict[str, Any] = field(default_factory=dict)


@contextmanager
def counting() -> Iterator[dict[str, float]]:
    """Yield what is counted meanwhile, by name and labels, without times."""

    def now() -> dict[str, float]:
        return {
            f"{sample.name} {sample.labels}": sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
            if sample.name.startswith("petalstream") and not sample.name.endswith("_created")
        }

    before, grown = now(), dict[str, float]()
    yield grown
    for name, value in now().items():
        is_time = "duration" in name and "_count" not in name
        if value != before.get(name, 0) and not is_time:
            grown[name] = value - before.get(name, 0)


def ask(app: Flask, asked: Asked, capsys: pytest.CaptureFixture[str]) -> Outcome:
    capsys.readouterr()
    with counting() as counted:
        body, status, headers = run_wsgi_app(app, asked.environ(), buffered=True)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    return Outcome(status, sorted(headers), b"".join(body), counted, without_times(line))


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("time", "duration_ms")}


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in (USUAL | UNUSUAL).items()])
def test_both_ways_have_the_same_outcome(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    assert ask(api.with_fast_path, asked, capsys) == ask(api.without, asked, capsys)


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in USUAL.items()])
def test_usual_requests_take_the_fast_path(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    outcome = ask(api.with_fast_path, asked, capsys)
    assert outcome.status.startswith("200")
    assert api.fast_path.responses[-1] is not None


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in UNUSUAL.items()])
def test_invalid_requests_are_rejected_by_flask(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    ask(api.without, asked, capsys)
    outcome = ask(api.with_fast_path, asked, capsys)
    assert not outcome.status.startswith("5")
    if not outcome.status.startswith("200"):
        assert api.fast_path.responses[-1:] in ([], [None])


def loop_environ(asked: Asked) -> Environ | None:
    """Return the request as the worker's event loop reads it, None if it leaves it to gunicorn."""
    seen = asked.sent()
    return (
        whole_request.environ(seen, "")
        if len(seen) <= whole_request.MOST_BYTES and whole_request.is_whole(seen)
        else None
    )


def ask_loop(app: Flask, asked: Asked, capsys: pytest.CaptureFixture[str]) -> Outcome | None:
    """Return the outcome of the worker's event loop, None if it leaves the request to gunicorn."""
    environ = loop_environ(asked)
    with counting() as counted:
        (answer,) = vars(app)["wsgi_app"].predict_batch([environ]) if environ else [None]
    if not answer:
        assert counted == {}
        assert capsys.readouterr().out == ""
        return None
    line = json.loads(capsys.readouterr().out)
    assert line.pop("client") == ""
    return Outcome("200 OK", sorted(answer[0]), answer[1], counted, without_times(line))


@pytest.mark.parametrize("name", USUAL | UNUSUAL)
def test_the_event_loop_has_the_same_outcome(
    apis: dict[str, Api], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (USUAL | UNUSUAL)[name]
    api = apis[asked.where]
    expected = ask(api.without, asked, capsys)
    outcome = ask_loop(api.with_fast_path, asked, capsys)
    assert outcome in (None, expected)
    assert (outcome is not None) == (name in USUAL and name not in NOT_FOR_THE_LOOP)
    assert ask_loop(api.without, asked, capsys) is None


@pytest.mark.parametrize("where", [PLAIN, GUARDED, SHARED])
def test_a_batch_has_the_outcome_of_its_requests_alone(
    apis: dict[str, Api], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Each twice, so that requests for one row are in a batch with others like them, and with invalid ones.
    environs, again = (loop_environs(where) + loop_environs(where) for _ in range(2))
    middleware = vars(apis[where].with_fast_path)["wsgi_app"]
    alone, counted_alone = [], Counter[str]()
    for environ in again:
        with counting() as counted:
            alone += middleware.predict_batch([environ])
        counted_alone.update(counted)
    lines_alone = logged(capsys)
    with counting() as counted:
        together = middleware.predict_batch(environs)
    assert [sorted_headers(answer) for answer in together] == [sorted_headers(answer) for answer in alone]
    assert counted == counted_alone
    assert logged(capsys) == lines_alone
    assert (None in together, any(together)) == (True, where != SHARED)


def loop_environs(where: str) -> list[Environ]:
    """Return all requests to that api that a worker's event loop may respond to."""
    every = [loop_environ(asked) for asked in (USUAL | UNUSUAL).values() if asked.where == where]
    return [environ for environ in every if environ]


def sorted_headers(answer: HeadersAndBody | None) -> tuple[list[tuple[str, str]], bytes] | None:
    return (sorted(answer[0]), answer[1]) if answer else None


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [without_times(json.loads(line)) for line in capsys.readouterr().out.splitlines()]


def test_single_rows_that_arrive_together_are_one_batch(apis: dict[str, Api], monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, predict = list[int](), Scorer.predict

    def predict_and_count(scorer: Scorer, rows: Rows, deadline: float) -> Predictions:
        sizes.append(len(rows))
        return predict(scorer, rows, deadline)

    monkeypatch.setattr(Scorer, "predict", predict_and_count)
    environs = [loop_environ(USUAL["a row"]) for _ in range(5)]
    assert all(vars(apis[PLAIN].with_fast_path)["wsgi_app"].predict_batch(environs))
    assert sizes == [5]

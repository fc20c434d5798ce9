"""The short ways past Flask's dispatch, and past gunicorn's WSGI too: nobody can tell whether one was taken."""

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
from tests.unit.asked import GUARDED, KEYS, LIMIT, PLAIN, SHARED, UNUSUAL, USUAL, Asked

# Usual ones whose clients say more than most do, or not how long the body is.
NOT_AT_ONCE = ("with a trace and an origin", "without a length")


class Remembering:
    """A short way that keeps what it has answered."""

    def __init__(self, way: FastPath | None) -> None:
        self._way, self.answers = way, list[HeadersAndBody | None]()

    def __call__(self, environ: Environ) -> HeadersAndBody | None:
        self.answers.append(self._way(environ) if self._way else None)
        return self.answers[-1]

    def together(self, environs: Sequence[Environ]) -> list[HeadersAndBody | None]:
        return self._way.predict_batch(environs) if self._way else [None] * len(environs)


@dataclass(frozen=True)
class Api:
    """An app as it is, and the same without its short way."""

    with_short_way: Flask
    without: Flask
    short_way: Remembering


@pytest.fixture(autouse=True)
def at_any_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the speed of this machine not decide the way: a model that takes long leaves the short one."""
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
    front = vars(usual)["wsgi_app"]
    front.short_way = remembering = Remembering(front.short_way)
    vars(without)["wsgi_app"].short_way = None
    return Api(usual, without, remembering)


@dataclass
class Told:
    """All that comes of a request: the answer, what is counted and what is logged."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    counted: dict[str, float] = field(default_factory=dict)
    logged: dict[str, Any] = field(default_factory=dict)


@contextmanager
def counting() -> Iterator[dict[str, float]]:
    """What has been counted within, by name and labels, but for times."""

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


def ask(app: Flask, asked: Asked, capsys: pytest.CaptureFixture[str]) -> Told:
    capsys.readouterr()
    with counting() as counted:
        body, status, headers = run_wsgi_app(app, asked.environ(), buffered=True)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    return Told(status, sorted(headers), b"".join(body), counted, without_times(line))


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("time", "duration_ms")}


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in (USUAL | UNUSUAL).items()])
def test_nobody_can_tell_which_way_was_taken(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    assert ask(api.with_short_way, asked, capsys) == ask(api.without, asked, capsys)


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in USUAL.items()])
def test_what_is_usual_takes_the_short_way(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    told = ask(api.with_short_way, asked, capsys)
    assert told.status.startswith("200")
    assert api.short_way.answers[-1] is not None


@pytest.mark.parametrize("asked", [pytest.param(asked, id=name) for name, asked in UNUSUAL.items()])
def test_what_is_refused_is_refused_by_the_ordinary_way(
    apis: dict[str, Api], asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    api = apis[asked.where]
    ask(api.without, asked, capsys)
    told = ask(api.with_short_way, asked, capsys)
    assert not told.status.startswith("5")
    if not told.status.startswith("200"):
        assert api.short_way.answers[-1:] in ([], [None])


def come(asked: Asked) -> Environ | None:
    """The request as the worker's loop reads it, None where it leaves it to gunicorn."""
    seen = asked.sent()
    return (
        whole_request.environ(seen, "")
        if len(seen) <= whole_request.MOST_BYTES and whole_request.is_whole(seen)
        else None
    )


def ask_at_once(app: Flask, asked: Asked, capsys: pytest.CaptureFixture[str]) -> Told | None:
    """What the worker's loop answers, None where it leaves the request to gunicorn."""
    environ = come(asked)
    with counting() as counted:
        (answer,) = vars(app)["wsgi_app"].at_once([environ]) if environ else [None]
    if not answer:
        assert counted == {}
        assert capsys.readouterr().out == ""
        return None
    line = json.loads(capsys.readouterr().out)
    assert line.pop("client") == ""
    return Told("200 OK", sorted(answer[0]), answer[1], counted, without_times(line))


@pytest.mark.parametrize("name", USUAL | UNUSUAL)
def test_nobody_can_tell_what_the_loop_has_answered(
    apis: dict[str, Api], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (USUAL | UNUSUAL)[name]
    api = apis[asked.where]
    expected = ask(api.without, asked, capsys)
    told = ask_at_once(api.with_short_way, asked, capsys)
    assert told in (None, expected)
    assert (told is not None) == (name in USUAL and name not in NOT_AT_ONCE)
    assert ask_at_once(api.without, asked, capsys) is None


@pytest.mark.parametrize("where", [PLAIN, GUARDED, SHARED])
def test_nobody_can_tell_what_came_together_with_a_request(
    apis: dict[str, Api], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Twice each, so that those that ask for one row stand beside their like and beside what is at fault.
    environs, again = (all_that_come(where) + all_that_come(where) for _ in range(2))
    front = vars(apis[where].with_short_way)["wsgi_app"]
    alone, counted_alone = [], Counter[str]()
    for environ in again:
        with counting() as counted:
            alone += front.at_once([environ])
        counted_alone.update(counted)
    lines_alone = logged(capsys)
    with counting() as counted:
        together = front.at_once(environs)
    assert [sorted_headers(answer) for answer in together] == [sorted_headers(answer) for answer in alone]
    assert counted == counted_alone
    assert logged(capsys) == lines_alone
    assert (None in together, any(together)) == (True, where != SHARED)


def all_that_come(where: str) -> list[Environ]:
    """Whatever is asked there in requests that a worker's loop may answer."""
    every = [come(asked) for asked in (USUAL | UNUSUAL).values() if asked.where == where]
    return [environ for environ in every if environ]


def sorted_headers(answer: HeadersAndBody | None) -> tuple[list[tuple[str, str]], bytes] | None:
    return (sorted(answer[0]), answer[1]) if answer else None


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [without_times(json.loads(line)) for line in capsys.readouterr().out.splitlines()]


def test_single_rows_that_come_together_are_scored_at_once(
    apis: dict[str, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, predict = list[int](), Scorer.predict

    def predict_and_count(scorer: Scorer, rows: Rows, deadline: float) -> Predictions:
        sizes.append(len(rows))
        return predict(scorer, rows, deadline)

    monkeypatch.setattr(Scorer, "predict", predict_and_count)
    environs = [come(USUAL["a row"]) for _ in range(5)]
    assert all(vars(apis[PLAIN].with_short_way)["wsgi_app"].at_once(environs))
    assert sizes == [5]

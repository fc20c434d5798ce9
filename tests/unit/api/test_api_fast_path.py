"""A request has the same outcome on the event loop, on the fast path in a thread, and with Flask."""

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from petalstream.setting_types import Hosts, Origins
from petalstream.settings import Settings
from services.api import app
from services.api.gateway.fast_path import FastPath, Find
from services.api.gateway.parsed_request import Environ, HeadersAndBody, Request
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows, Scorer
from services.api.server import turns
from services.api.telemetry import access_log
from services.api.wire.binary_tensors import OCTETS
from tests.unit.api.asgi import Received, receive, receive_all
from tests.unit.api.asked import GUARDED, KEYS, LIMIT, PLAIN, SHARED, UNUSUAL, USUAL, Asked

ALL = USUAL | UNUSUAL
PLACES = 60


class Counting(FastPath):
    """A fast path that counts the responses of all that there are."""

    responses = 0

    def respond(self, requests: Sequence[Request]) -> list[HeadersAndBody | None]:
        """Count them."""
        found = super().respond(requests)
        Counting.responses += sum(response is not None for response in found)
        return found


class Never(FastPath):
    """A fast path that leaves every request to Flask."""

    def parse(self, environ: Environ, find: Find | None = None) -> None:
        """Take none."""


@dataclass(frozen=True)
class Served:
    """An api as it is, and the same without its fast path."""

    usual: ASGIApp
    without: ASGIApp


@pytest.fixture(autouse=True)
def at_any_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the path independent of this machine's speed: a slow model is not for the event loop."""
    monkeypatch.setattr(turns, "TURN_SECONDS", math.inf)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lines of the access log."""
    written: list[dict[str, Any]] = []

    class Log:
        def write(self, text: str) -> None:
            written.append(without_times(json.loads(text)))

    monkeypatch.setattr(access_log, "standard_output", Log)
    return written


@pytest.fixture(scope="module")
def apis(all_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Served]:
    """The api for each `where`."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text("\n".join(KEYS))
    own = dataclasses.replace(
        all_models,
        api_max_body_bytes=LIMIT,
        api_access_log=True,
        api_queue=PLACES,
        api_trusted_hosts=Hosts("*"),
    )
    return {
        PLAIN: both_ways(own),
        GUARDED: both_ways(dataclasses.replace(own, api_keys=str(keys))),
        SHARED: both_ways(dataclasses.replace(own, api_cors_origins=Origins("https://a.example"))),
    }


def both_ways(own: Settings) -> Served:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "FastPath", Counting)
        usual = app.create_server(own)
        patched.setattr(app, "FastPath", Never)
        return Served(usual, app.create_server(own))


@dataclass
class Outcome:
    """The outcome of a request: the response, what is counted and what is logged."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    counted: dict[str, float] = field(default_factory=dict)
    logged: list[dict[str, Any]] = field(default_factory=list)


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


def ask(api: ASGIApp, asked: Asked, lines: list[dict[str, Any]], pieces: Sequence[bytes] | None = None) -> Outcome:
    lines.clear()
    with counting() as counted:
        status, headers, body = receive(api, asked, pieces)
    return Outcome(status, sorted(headers), body, counted, list(lines))


def halves(asked: Asked) -> list[bytes]:
    """A body that arrives in two pieces, which is for a thread."""
    return [asked.body[:1], asked.body[1:]]


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("time", "duration_ms")}


@pytest.mark.parametrize("pieces", [None, halves], ids=["event loop", "thread"])
@pytest.mark.parametrize("name", ALL)
def test_every_path_has_the_same_outcome(
    apis: dict[str, Served], lines: list[dict[str, Any]], name: str, pieces: Any
) -> None:
    asked = ALL[name]
    served = apis[asked.where]
    expected = ask(served.without, asked, lines)
    before = Counting.responses
    outcome = ask(served.usual, asked, lines, pieces and pieces(asked))
    assert outcome == expected
    assert len(outcome.logged) == 1
    assert outcome.status < 500
    assert Counting.responses - before == (name in USUAL)
    if name in USUAL:
        assert outcome.status == 200


@pytest.mark.parametrize("where", [PLAIN, GUARDED, SHARED])
def test_requests_that_arrive_together_have_the_outcome_of_each_alone(
    apis: dict[str, Served], lines: list[dict[str, Any]], where: str
) -> None:
    # Each twice, so that requests for one row are scored with others like them, and with invalid ones.
    requests = [asked for asked in ALL.values() if asked.where == where and len(asked.body) < LIMIT] * 2
    alone, counted_alone = list[Received](), Counter[str]()
    for asked in requests:
        with counting() as counted:
            alone.append(receive(apis[where].usual, asked))
        counted_alone.update(counted)
    logged_alone = sorted(map(json.dumps, lines))
    lines.clear()
    together = list[Received]()
    with counting() as counted:
        for start in range(0, len(requests), PLACES // 2):
            together += receive_all(apis[where].usual, requests[start : start + PLACES // 2])
    assert list(map(rounded, together)) == list(map(rounded, alone))
    assert counted == counted_alone
    assert sorted(map(json.dumps, lines)) == logged_alone


def rounded(received: Received) -> tuple[int, list[tuple[str, str]], Any]:
    """Without the last digits, which depend on how many rows are multiplied at once, nor how many digits there are."""
    status, headers, body = received
    if body[:1] not in (b"{", b"[") or dict(headers)["content-type"] == OCTETS:
        return received
    content = json.loads(body, parse_float=lambda digits: round(float(digits), 9))
    return status, [(name, value) for name, value in headers if name != "content-length"], content


def test_single_rows_that_arrive_together_are_one_batch(
    apis: dict[str, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, predict = list[int](), Scorer.predict

    def predict_and_count(scorer: Scorer, rows: Rows, deadline: float) -> Predictions:
        sizes.append(len(rows))
        return predict(scorer, rows, deadline)

    monkeypatch.setattr(Scorer, "predict", predict_and_count)
    found = receive_all(apis[PLAIN].usual, [USUAL["a row"]] * 5)
    assert [status for status, _, _ in found] == [200] * 5
    assert sizes == [5]

"""The live page asks the api how it is; whatever it responds becomes a state with its reason."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from services.dashboard.snapshot import Condition
from services.dashboard.status import api_status
from services.dashboard.status.api_status import ApiStatus
from tests.http_servers import serving

IRIS = {
    "title": "Iris",
    "trained_at": "2026-11-30T10:00:00Z",
    "labels": ["setosa", "versicolor"],
    "unit": None,
    "metrics": {"test": {"accuracy": {"value": 0.9, "lower": 0.8, "upper": 0.95}}},
    "data": {"parts": {"test": 30}},
}
EVENTS = [
    {"version": "3", "event": "refused", "from": "2026-11-30T12:00:00Z", "moved_by": "training"},
    {"version": "2", "event": "served", "from": "2026-11-30T11:00:00Z", "moved_by": "rollback"},
]
LISTED = {"models": [{"model": "iris", "version": "2"}], "refused": []}
RESPONSES = {"/models": LISTED, "/models/iris": IRIS, "/models/iris/history": {"history": EVENTS}}


class Api(BaseHTTPRequestHandler):
    """Responds with what `bodies` has for a path, with `status`, after `seconds`."""

    bodies: ClassVar[dict[str, object]] = RESPONSES
    status, seconds = 200, 0.0
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        type(self).asked.append((self.path, self.headers["Authorization"]))
        time.sleep(self.seconds)
        found = self.bodies.get(self.path, b"<html>")
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def an_api(**attributes: object) -> Iterator[ApiStatus]:
    """The status of an api that responds so."""
    with serving(type("Handler", (Api,), {"asked": [], **attributes})) as port:
        yield ApiStatus(f"http://127.0.0.1:{port}/", {"Authorization": "Bearer key"})


def test_what_the_api_serves_since_when_by_whom_and_how_good_it_was() -> None:
    asked: list[tuple[str, str | None]] = []
    with an_api(asked=asked) as status:
        assert status.part.condition is Condition.UNKNOWN
        status.update()
        status.update()
    assert (status.part.condition, status.part.state, status.part.words) == (Condition.GOOD, "ready", "serves 1 model")
    found = status.models["iris"]
    assert (found.title, found.version, found.moved_by, found.since) == ("Iris", "2", "rollback", 1796036400.0)
    assert found.test_quality
    assert (found.test_quality.metric, found.test_quality.value, found.test_quality.rows) == ("accuracy", 0.9, 30)
    # What is known of an unchanged version is not asked for again each time.
    assert [path for path, _ in asked] == [*RESPONSES, "/models"]
    assert {key for _, key in asked} == {"Bearer key"}


def test_a_new_version_is_described_at_once_and_one_without_a_history_since_its_training() -> None:
    responses = dict(RESPONSES)
    with an_api(bodies=responses) as status:
        status.update()
        responses["/models"] = {"models": [{"model": "iris", "version": "4"}], "refused": []}
        status.update()
    found = status.models["iris"]
    assert (found.version, found.moved_by, found.since) == ("4", "training", 1796032800.0)


def test_an_api_without_models_is_not_ready_and_a_refused_model_is_named_with_its_reason() -> None:
    with an_api(bodies={"/models": {"models": [], "refused": []}}) as status:
        status.update()
        assert (status.part.condition, status.part.state) == (Condition.BAD, "not ready")
    refused = {"models": [], "refused": [{"model": "rose", "reason": "\x1b[31mits digest differs"}]}
    with an_api(bodies={"/models": refused}) as status:
        status.update()
        assert (status.part.condition, status.part.state) == (Condition.BAD, "refuses a model")
        assert status.part.words == r"rose is refused: \x1b[31mits digest differs"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"status": 401}, "/models responded with 401"),
        ({"status": 500}, "/models responded with 500"),
        ({"status": 302}, "/models responded with 302"),
        ({"bodies": {}}, "Expecting value"),
        ({"bodies": {"/models": []}}, ""),
        ({"bodies": {"/models": {"models": [1], "refused": []}}}, ""),
        ({"bodies": {"/models": {"models": None, "refused": None}}}, ""),
        ({"bodies": {"/models": b"\xff\xfe\x00"}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris": {}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris": {**IRIS, "trained_at": 5, "metrics": 7}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris": {**IRIS, "metrics": []}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris/history": {"history": [7]}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris/history": {"history": None}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris": {**IRIS, "data": {"parts": {"test": "many"}}}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris": {**IRIS, "metrics": {"test": []}}}}, ""),
        ({"bodies": {**RESPONSES, "/models/iris/history": {"history": [EVENTS[1] | {"from": "0001-01-01"}]}}}, ""),
        ({"bodies": {"/models": b"[" * 100_000}}, ""),
    ],
)
def test_a_server_that_is_no_api_is_a_state_with_a_reason(attributes: dict[str, object], words: str) -> None:
    with an_api(**attributes) as status:
        status.update()
    assert status.part.condition is Condition.BAD
    assert words in status.part.words
    assert len(status.part.words) < 300


def test_an_api_that_hangs_is_waited_for_within_a_bound_and_its_last_models_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api_status, "RESPONSE_SECONDS", 0.3)
    responses = dict(RESPONSES)
    with serving(type("Handler", (Api,), {"bodies": responses})) as port:
        status = ApiStatus(f"http://127.0.0.1:{port}", {})
        status.update()
    with an_api(seconds=1.0) as slow:
        began = time.monotonic()
        slow.update()
        assert time.monotonic() - began < 0.9
        assert (slow.part.condition, slow.part.state) == (Condition.BAD, "not reachable")
    status.update()
    assert (status.part.condition, status.part.state) == (Condition.BAD, "not reachable")
    assert status.models["iris"].version == "2"

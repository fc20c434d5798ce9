"""What a request leaves behind: its id, its trace context, a line in the access log, and its part in the metrics."""

import dataclasses
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.telemetry import access_log
from tests.records import FLOWER

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written to the access log."""
    written: list[str] = []

    class Log:
        def write(self, text: str) -> None:
            written.append(text)

    monkeypatch.setattr(access_log, "standard_output", Log)
    return written


@pytest.fixture
def logged(settings: Settings, iris: Bundle) -> FlaskClient:
    """A client of an api that logs each request."""
    return create_app(dataclasses.replace(settings, api_access_log=True)).test_client()


def counted(client: FlaskClient) -> dict[str, float]:
    """Every sample by name and labels, such as name{a=b}."""
    return {
        sample.name
        + "{"
        + ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
        + "}": sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def grown(client: FlaskClient, before: dict[str, float]) -> dict[str, float]:
    """What has been counted since, without times and the counting of this request for it."""
    return {
        name: value - before.get(name, 0)
        for name, value in counted(client).items()
        if value != before.get(name, 0) and "duration" not in name and "created" not in name and "/metrics" not in name
    }


@pytest.mark.parametrize("brought", ["abc", "A-b_c.9:/+=@", "7" * 128])
def test_a_request_keeps_the_id_that_it_brings(client: FlaskClient, brought: str) -> None:
    answer = client.post("/predict", json=FLOWER, headers={"X-Request-ID": brought})
    assert answer.headers["X-Request-ID"] == brought


@pytest.mark.parametrize("brought", [None, "", "a b", "7" * 129, 'a"b', "<a>", "ä", "a\tb"])
def test_a_request_without_an_id_that_can_be_kept_gets_one_of_its_own(client: FlaskClient, brought: str | None) -> None:
    headers = {} if brought is None else {"X-Request-ID": brought}
    first, second = (client.get("/ready", headers=headers).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


@pytest.mark.parametrize(
    ("brought", "kept"),
    [
        (TRACE, True),
        (TRACE.replace("00-4", "01-4") + "-more", True),
        (TRACE.upper(), False),
        (TRACE[:-1], False),
        ("00-" + "0" * 32 + TRACE[35:], False),
        ("ff" + TRACE[2:], False),
        ("", False),
    ],
)
def test_a_trace_context_comes_back_where_it_is_one(client: FlaskClient, brought: str, kept: bool) -> None:
    answer = client.get("/ready", headers={"traceparent": brought})
    assert answer.headers.get("traceparent") == (brought if kept else None)


def test_errors_have_an_id_too(client: FlaskClient) -> None:
    for path in ("/nowhere", "/v2/nowhere", "/predict"):
        assert client.post(path, data="{", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"


def line(lines: list[str]) -> dict[str, Any]:
    """The only line of the access log."""
    (found,) = "".join(lines).splitlines()
    entry: dict[str, Any] = json.loads(found)
    return entry


def test_each_request_is_a_line_of_json(logged: FlaskClient, lines: list[str]) -> None:
    answer = logged.post(
        "/models/iris/predict?on_error=report",
        json=[FLOWER, {}],
        headers={"X-Request-ID": "mine", "traceparent": TRACE},
    )
    entry = line(lines)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert entry.pop("duration_ms") > 0
    assert entry == {
        "request_id": "mine",
        "traceparent": TRACE,
        "client": "127.0.0.1",
        "method": "POST",
        "path": "/models/iris/predict",
        "route": "/models/<name>/predict",
        "status": 200,
        "response_bytes": len(answer.data),
        "model": "iris",
        "version": "1",
        "rows": 2,
    }


@pytest.mark.parametrize("path", ['/a"b\\', "/%0a%0d{}", "/ä\u2028", "/" + "x" * 5_000, "/%ff"])
def test_no_path_breaks_a_line(logged: FlaskClient, lines: list[str], path: str) -> None:
    assert logged.get(path).status_code == 404
    entry = line(lines)
    assert (entry["status"], entry["route"]) == (404, "unmatched")
    assert len(entry["path"]) <= 500


def test_nothing_is_logged_unless_asked_for(client: FlaskClient, lines: list[str]) -> None:
    client.get("/ready")
    assert lines == []


def test_rows_are_counted_by_model_and_outcome(client: FlaskClient) -> None:
    before = counted(client)
    client.post("/predict?on_error=report", json=[FLOWER, {}, FLOWER])
    client.post("/predict", json=[FLOWER, {}])
    client.post("/models/iris/predict", json=FLOWER)
    found = grown(client, before)
    assert found["petalstream_api_rows_total{model=iris,outcome=predicted}"] == 3
    assert found["petalstream_api_rows_total{model=iris,outcome=refused}"] == 3
    assert found["petalstream_api_batch_rows_count{model=iris}"] == 3
    assert found["petalstream_api_batch_rows_sum{model=iris}"] == 6
    assert found["petalstream_api_requests_total{method=POST,route=/predict,status=200}"] == 1
    assert found["petalstream_api_requests_total{method=POST,route=/predict,status=400}"] == 1
    assert found["petalstream_api_requests_total{method=POST,route=/models/<name>/predict,status=200}"] == 1


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda client: client.post("/predict", json={}), "missing_feature"),
        (lambda client: client.post("/predict", json=FLOWER | {"petal_width": "wide"}), "wrong_type"),
        (lambda client: client.post("/predict", data="{", content_type="application/json"), "bad_request"),
        (lambda client: client.post("/models/rose/predict", json=FLOWER), "unknown_model"),
        (lambda client: client.post("/predict", data="a"), "unsupported_media_type"),
        (lambda client: client.get("/nowhere"), "not_found"),
        (lambda client: client.put("/predict"), "method_not_allowed"),
    ],
)
def test_errors_are_counted_by_kind(client: FlaskClient, ask: Any, kind: str) -> None:
    before = counted(client)
    ask(client)
    errors = {name: number for name, number in grown(client, before).items() if "errors_total" in name}
    assert errors == {f"petalstream_api_errors_total{{kind={kind}}}": 1}


def test_nothing_that_a_client_sends_makes_a_series(client: FlaskClient) -> None:
    def send() -> None:
        for number in range(40):
            headers = {"X-Request-ID": f"id-{number}", "User-Agent": f"agent-{number}", "Host": f"host-{number}"}
            client.get(f"/nowhere/{number}", headers=headers)
            client.get(f"/models/model_{number}", headers=headers)
            client.post(f"/models/model_{number}/predict?a={number}", json={f"feature_{number}": number})
            client.post("/models/iris/predict", json={f"feature_{number}": number}, headers=headers)
            client.open("/predict", method=f"METHOD{number}")

    send()
    counted(client)  # which is a request of its own
    before = set(counted(client))
    send()
    assert set(counted(client)) == before


NAMES = ("heart_failure", "iris", "penguins")


def test_each_served_model_has_one_series_with_its_version(both: FlaskClient) -> None:
    info = {name: value for name, value in counted(both).items() if "model_info" in name}
    assert info == {f"petalstream_api_model_info{{model={name},version=1}}": 1 for name in NAMES}


def test_names_are_those_that_prometheus_recommends(client: FlaskClient) -> None:
    client.post("/predict", json=FLOWER)
    for family in text_string_to_metric_families(client.get("/metrics").text):
        if not family.name.startswith("petalstream_api_"):
            continue
        assert family.documentation
        assert re.fullmatch("[a-z_]+", family.name)
        assert family.type != "counter" or all(
            sample.name.endswith(("_total", "_created")) for sample in family.samples
        )
        assert ("seconds" in family.name) == ("duration" in family.name)


def test_openmetrics_is_given_to_who_asks_for_it(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")

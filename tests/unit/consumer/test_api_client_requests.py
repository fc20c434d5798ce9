"""The consumer's client sends rows to a real HTTP server, and raises the error that each response means."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from embedded.ports import free_port
from petalstream.reasons import Reason
from services.consumer.api_client.client import ApiClient
from services.consumer.api_client.errors import (
    ApiError,
    BatchFailed,
    BatchRejected,
    ConnectionClosed,
    Unavailable,
    UnknownModel,
)
from tests.unit.consumer.api_server import COLUMNS, SETOSA, ApiServer, problem

UNKNOWN: dict[str, object] = {
    "row": None,
    "field": None,
    "message": "there is no model 'rose'",
    "reason": "unknown_model",
}
PREDICT = "/models/iris/predict?on_error=report&format=columns"


@pytest.fixture
def client(api: ApiServer) -> Iterator[ApiClient]:
    with closing(ApiClient(api.url, timeout=5)) as own:
        yield own


def test_rows_are_sent_byte_for_byte_and_results_returned_in_order(api: ApiServer, client: ApiClient) -> None:
    missing = [{"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}]
    two = {"rows": 2, "label": ["setosa", None], "probabilities": {"setosa": [1.0, None]}, "errors": {"1": missing}}
    api.body = json.dumps(COLUMNS | two).encode()
    rows = [b'{ "petal_width":0.20, "petal_width": NaN}', '{"é": "\\ud800"}'.encode()]
    assert client.score("iris", rows) == [SETOSA, {"errors": missing}]
    (request,) = api.seen
    assert (request.method, request.path) == ("POST", PREDICT)
    assert request.body == b"[" + rows[0] + b"," + rows[1] + b"]"


def test_one_byte_order_mark_before_a_row_is_not_sent(api: ApiServer, client: ApiClient) -> None:
    api.body = json.dumps(
        COLUMNS | {"rows": 2, "label": ["setosa"] * 2, "probabilities": {"setosa": [1.0] * 2}}
    ).encode()
    client.score("iris", [b'\xef\xbb\xbf{"a": 1}', b"\xef\xbb\xbf\xef\xbb\xbf{}"])
    assert api.seen[0].body == b'[{"a": 1},\xef\xbb\xbf{}]'


def test_a_request_carries_its_deadline_and_asks_for_no_compression(api: ApiServer) -> None:
    with closing(ApiClient(api.url, timeout=2.5)) as client:
        client.score("iris", [b"{}"])
    headers = api.seen[0].headers
    assert (headers["X-Request-Timeout"], headers["Accept-Encoding"]) == ("2.5", "identity")
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        json.dumps([SETOSA]).encode(),
        json.dumps(SETOSA).encode(),
        json.dumps(COLUMNS | {"rows": 2}).encode(),
        b"[null]",
        b"{}",
        b"",
        b"<html>",
        b"\xff\xfe",
        b'{"rows": 1, "errors": {"0": "no"}}',
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested"),
        pytest.param(b"[" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]", id="nested objects"),
        pytest.param(b'{"rows": ' + b"1" * 5_000 + b"}", id="many digits"),
    ],
)
def test_a_200_without_results_means_that_the_api_is_unavailable(
    api: ApiServer, client: ApiClient, body: bytes
) -> None:
    api.body = body
    with pytest.raises(Unavailable, match="the api responded 200: ") as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == 0
    assert len(str(unavailable.value)) < 400


@pytest.mark.parametrize(
    ("status", "reason"), [(400, Reason.REJECTED), (413, Reason.TOO_LARGE), (422, Reason.REJECTED)]
)
def test_a_rejected_batch_has_the_errors_of_the_api(
    api: ApiServer, client: ApiClient, status: int, reason: Reason
) -> None:
    error = {"row": 1, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}
    api.status, api.body = status, problem(error)
    with pytest.raises(BatchRejected, match=f"the api responded {status}: ") as rejected:
        client.score("iris", [b"{}", b"{}"])
    assert (rejected.type, rejected.value.errors, rejected.value.reason) == (BatchRejected, [error], reason)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_log_gets_the_reasons_and_none_of_the_values_that_a_response_about_rows_quotes(
    api: ApiServer, client: ApiClient, status: int
) -> None:
    error = {"row": 1, "field": "age", "message": "must be a number, not 'Jane Doe'", "reason": "wrong_type"}
    api.status, api.body = status, problem(error)
    with pytest.raises(ApiError) as raised:
        client.score("iris", [b"{}"])
    assert "Doe" not in raised.value.log_text
    assert raised.value.log_text.startswith(f"the api responded {status}")
    assert ("(wrong_type)" in raised.value.log_text) == ("Doe" in str(raised.value)) == (status != 200)


@pytest.mark.parametrize("body", [b"no", b"", b"[]", b"{}", b'{"errors": 1}', b'{"errors": [1, null]}', b"\xff"])
def test_a_batch_may_be_rejected_without_errors(api: ApiServer, client: ApiClient, body: bytes) -> None:
    api.status, api.body = 400, body
    with pytest.raises(BatchRejected) as rejected:
        client.score("iris", [b"{}"])
    assert rejected.value.errors == []


def test_a_404_with_the_reason_unknown_model_means_just_that(api: ApiServer, client: ApiClient) -> None:
    api.status, api.body = 404, problem(UNKNOWN)
    with pytest.raises(UnknownModel) as unknown:
        client.score("rose", [b"{}"])
    assert str(unknown.value) == "there is no model 'rose'"
    assert unknown.value.reason == UNKNOWN["reason"]


@pytest.mark.parametrize("body", [b"<html>", problem(), problem({**UNKNOWN, "reason": None}), b'{"errors": 7}'])
def test_any_other_404_says_nothing_about_the_model(api: ApiServer, client: ApiClient, body: bytes) -> None:
    api.status, api.body = 404, body
    with pytest.raises(Unavailable, match="the api responded 404"):
        client.score("rose", [b"{}"])


def test_a_500_of_a_ready_api_means_that_the_batch_failed(api: ApiServer, client: ApiClient) -> None:
    api.status, api.body = 500, problem({"message": "division by zero"})
    with pytest.raises(BatchFailed, match="the api responded 500") as failed:
        client.score("iris", [b"{}"])
    assert not isinstance(failed.value, ConnectionClosed)
    assert failed.value.errors == [{"message": "division by zero"}]
    assert api.paths == [PREDICT, "/ready"]


@pytest.mark.parametrize("ready", [500, 503, 301, 404])
def test_a_500_of_an_api_that_is_not_ready_means_unavailable(api: ApiServer, client: ApiClient, ready: int) -> None:
    api.status, api.ready, api.body = 500, iter([ready]), problem()
    with pytest.raises(Unavailable, match="the api responded 500"):
        client.score("iris", [b"{}"])


@pytest.mark.parametrize("status", [201, 204, 301, 307, 401, 403, 405, 408, 415, 429, 502, 503, 504])
def test_any_other_status_means_unavailable_and_no_redirect_is_followed(
    api: ApiServer, client: ApiClient, status: int
) -> None:
    api.status, api.body = status, b"" if status == 204 else json.dumps(COLUMNS).encode()
    api.headers = (("Location", "/elsewhere"),)
    with pytest.raises(Unavailable, match=f"the api responded {status}: "):
        client.score("iris", [b"{}"])
    assert api.paths == [PREDICT]


def test_a_503_shows_the_message_of_the_api(api: ApiServer, client: ApiClient) -> None:
    api.status, api.headers = 503, (("Retry-After", "3"),)
    api.body = problem({"row": None, "message": "iris is not loaded", "reason": "unavailable"})
    with pytest.raises(Unavailable) as unavailable:
        client.score("iris", [b"{}"])
    assert (str(unavailable.value), unavailable.value.retry_after) == ("iris is not loaded", 3)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("7", 7),
        (" 7 ", 7),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", 0),
        ("", 0),
        ("-7", 0),
        ("1.5", 0),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 0),
        pytest.param("9" * 5_000, 0, id="many digits"),
    ],
)
def test_retry_after_is_in_seconds_and_0_if_it_is_invalid(
    api: ApiServer, client: ApiClient, header: str | None, seconds: float
) -> None:
    api.status = 503
    api.headers = () if header is None else (("Retry-After", header),)
    with pytest.raises(Unavailable) as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == seconds


def test_retry_after_may_be_a_date(api: ApiServer, client: ApiClient) -> None:
    api.status = 429
    api.headers = (("Retry-After", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)),)
    with pytest.raises(Unavailable) as unavailable:
        client.score("iris", [b"{}"])
    assert unavailable.value.retry_after == pytest.approx(3600, abs=60)


def test_the_clients_headers_go_with_every_request(api: ApiServer, client: ApiClient) -> None:
    api.status, api.body = 500, problem()
    with closing(ApiClient(api.url, 5, {"Authorization": "Bearer first"})) as with_key:
        for each in (with_key, client):
            with pytest.raises(BatchFailed):
                each.score("iris", [b"{}"])
    assert [request.method for request in api.seen] == ["POST", "GET"] * 2
    assert [request.headers.get("Authorization") for request in api.seen] == ["Bearer first"] * 2 + [None] * 2


def test_a_proxy_of_the_environment_is_not_used(
    api: ApiServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert client.score("iris", [b"{}"]) == [SETOSA]

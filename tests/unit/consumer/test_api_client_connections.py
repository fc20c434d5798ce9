"""How the consumer's client uses connections: timeouts, closed connections, and when it opens a new one."""

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest

from embedded.ports import free_port
from services.consumer.api_client import client as client_module
from services.consumer.api_client.client import ApiClient
from services.consumer.api_client.errors import ConnectionClosed, TimedOut, Unavailable
from tests.unit.consumer.api_server import SETOSA, ApiServer


@pytest.fixture
def client(api: ApiServer) -> Iterator[ApiClient]:
    with closing(ApiClient(api.url, timeout=0.5)) as own:
        yield own


def close(handler: BaseHTTPRequestHandler) -> bool:
    """Close the connection without a response."""
    return True


def test_a_response_that_does_not_begin_in_time_times_out(api: ApiServer, client: ApiClient) -> None:
    api.before_response = lambda handler: api.stopped.wait(30)
    with pytest.raises(TimedOut, match=r"did not respond within 0\.5 s"):
        client.score("iris", [b"{}"])


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Padding: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 "]
)
def test_a_response_that_arrives_byte_by_byte_times_out(api: ApiServer, client: ApiClient, head: bytes) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> bool:
        handler.wfile.write(head)
        while not api.stopped.wait(0.05):
            handler.wfile.write(b"1")
        return True

    api.before_response = drip
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client.score("iris", [b"{}"])
    assert time.monotonic() - began < 10, "the timeout of 0.5 s began anew with each byte"


def test_a_503_at_the_deadline_of_the_request_times_out(
    api: ApiServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.status = 503
    with pytest.raises(Unavailable):
        client.score("iris", [b"{}"])
    monkeypatch.setattr(client_module, "DEADLINE_SHARE", 0)
    with pytest.raises(TimedOut, match="the api responded 503: "):
        client.score("iris", [b"{}"])


def test_after_a_timeout_the_next_request_has_a_new_connection(api: ApiServer, client: ApiClient) -> None:
    api.before_response = lambda handler: api.stopped.wait(30)
    with pytest.raises(TimedOut):
        client.score("iris", [b"{}"])
    api.before_response = lambda handler: False
    assert client.score("iris", [b"{}"]) == [SETOSA]
    assert len({request.client_port for request in api.seen}) == 2


def test_an_api_that_nobody_runs_is_unavailable() -> None:
    with (
        closing(ApiClient(f"http://127.0.0.1:{free_port()}", timeout=0.5)) as client,
        pytest.raises(Unavailable, match="cannot be reached: "),
    ):
        client.score("iris", [b"{}"])


def test_an_api_that_accepts_no_connection_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, closing(socket.socket()) as first:
        first.connect(server.getsockname())
        with (
            closing(ApiClient(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=5)) as client,
            pytest.raises(Unavailable, match=r"cannot be reached: .*timed out"),
        ):
            client.score("iris", [b"{}"])


def test_a_closed_connection_of_a_ready_api_means_that_the_batch_failed(api: ApiServer, client: ApiClient) -> None:
    api.before_response = close
    with pytest.raises(ConnectionClosed) as failed:
        client.score("iris", [b"{}"])
    assert str(failed.value) == "the api closed the connection"
    assert [request.method for request in api.seen] == ["POST", "GET"]


def test_a_connection_that_is_closed_within_the_response_counts_as_closed(api: ApiServer, client: ApiClient) -> None:
    def part(handler: BaseHTTPRequestHandler) -> bool:
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"rows"')
        return True

    api.before_response = part
    with pytest.raises(ConnectionClosed):
        client.score("iris", [b"{}"])


def test_the_client_waits_for_an_api_that_restarts_a_worker(api: ApiServer, client: ApiClient) -> None:
    api.before_response, api.ready = close, iter([503, 200])
    with pytest.raises(ConnectionClosed):
        client.score("iris", [b"{}"])
    assert [request.method for request in api.seen] == ["POST", "GET", "GET"]


def test_a_closed_connection_of_an_api_that_stays_down_means_unavailable(api: ApiServer) -> None:
    api.before_response, api.ready = close, itertools.repeat(503)
    with (
        closing(ApiClient(api.url, timeout=0.5, restart_seconds=0.1)) as client,
        pytest.raises(Unavailable, match="closed the connection and is not ready"),
    ):
        client.score("iris", [b"{}"])


def test_whoever_asks_may_end_the_wait_for_an_api_that_is_not_ready(api: ApiServer, client: ApiClient) -> None:
    def wait(seconds: float) -> None:
        raise InterruptedError(seconds)

    api.before_response, api.ready = close, itertools.repeat(503)
    with pytest.raises(InterruptedError):
        client.score("iris", [b"{}"], wait)


def test_requests_share_one_connection_until_the_session_is_old(
    api: ApiServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        client.score("iris", [b"{}"])
    assert len({request.client_port for request in api.seen}) == 1
    monkeypatch.setattr(client_module, "SESSION_SECONDS", 0)
    client.score("iris", [b"{}"])
    assert len({request.client_port for request in api.seen}) == 2


def test_a_request_on_an_idle_connection_that_was_closed_is_sent_again(
    api: ApiServer, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "IDLE_SECONDS", 0)
    client.score("iris", [b"{}"])
    first = api.seen[0].client_port
    api.before_response = lambda handler: handler.client_address[1] == first
    assert client.score("iris", [b"{}"]) == [SETOSA]
    assert [request.method for request in api.seen] == ["POST"] * 3


def test_a_request_on_a_busy_connection_that_was_closed_is_not_sent_again(api: ApiServer, client: ApiClient) -> None:
    client.score("iris", [b"{}"])
    api.before_response = close
    with pytest.raises(ConnectionClosed):
        client.score("iris", [b"{}"])
    assert [request.method for request in api.seen] == ["POST", "POST", "GET"]


def test_a_closed_client_opens_a_new_connection(api: ApiServer, client: ApiClient) -> None:
    client.score("iris", [b"{}"])
    client.close()
    client.close()
    assert client.score("iris", [b"{}"]) == [SETOSA]
    assert len({request.client_port for request in api.seen}) == 2

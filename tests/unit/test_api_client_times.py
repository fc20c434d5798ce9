"""How long the consumer's client waits for the api at most, which a stop has to wait for too."""

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from urllib3 import BaseHTTPResponse, HTTPResponse, Timeout
from urllib3.exceptions import HTTPError

from services.consumer.client import ApiClient
from services.consumer.policy import ServerError, Unavailable


class Wire:
    """Answers with the statuses that a test lists, and keeps how long each answer may take, to connect and to come.

    A status of 0 stands for no answer in time.
    """

    def __init__(self, *statuses: int) -> None:
        self._statuses: Iterator[int] = iter(statuses)
        self.allowed: list[tuple[str, tuple[Any, Any]]] = []
        self.closed = 0

    def urlopen(self, method: str, url: str, *_: Any, timeout: Timeout, **__: Any) -> BaseHTTPResponse:
        self.allowed.append((url.split("?")[0], (timeout.connect_timeout, timeout.read_timeout)))
        status = next(self._statuses)
        if status == 0:
            raise HTTPError("timed out")
        return HTTPResponse(b"{}", status=status)

    def close(self) -> None:
        self.closed += 1


def client_of(monkeypatch: pytest.MonkeyPatch, wire: Wire, timeout: float) -> ApiClient:
    """A client that speaks to the wire alone."""
    monkeypatch.setattr(urllib3, "connection_from_url", lambda url: wire)
    return ApiClient("http://api:5000", timeout)


def test_to_connect_it_waits_a_second_and_for_the_answer_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(503)
    with pytest.raises(Unavailable):
        client_of(monkeypatch, wire, timeout=5.5).score("iris", [b"{}"])
    assert wire.allowed == [("/models/iris/predict", (1, 5.5))]


def test_whether_the_api_is_ready_is_waited_for_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(500, 200)
    with pytest.raises(ServerError):
        client_of(monkeypatch, wire, timeout=5.5).score("iris", [b"{}"])
    assert wire.allowed == [("/models/iris/predict", (1, 5.5)), ("/ready", (1, 0.5))]


def test_a_500_of_an_api_that_does_not_say_in_time_whether_it_is_ready_is_no_word_about_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unavailable, match="does not answer: timed out"):
        client_of(monkeypatch, Wire(500, 0), timeout=5.5).score("iris", [b"{}"])


def test_closing_it_closes_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    client = client_of(monkeypatch, wire, timeout=5)
    assert wire.closed == 0
    client.close()
    assert wire.closed == 1

"""Requests as bytes on sockets of the test's own, and how long others wait meanwhile."""

import http.client
import socket
import time

import requests

from tests.load.client import BODY
from tests.lone_api import LoneApi

SECONDS = 30
JSON = {"Content-Type": "application/json"}
# Far longer than the api takes, and far less than a client waited where one was held up by others.
PROMPT_SECONDS = 2.0


def request(body: bytes, path: str = "/predict", **more: str) -> bytes:
    """The bytes of a request for predictions; `more` headers have underscores for hyphens."""
    headers = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (headers | more).items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body


def connected(api: LoneApi) -> socket.socket:
    """A new connection."""
    return socket.create_connection((api.host, api.port), timeout=SECONDS)


def answers(connection: socket.socket, number: int) -> list[tuple[int, http.client.HTTPMessage, bytes]]:
    """Status, headers and body of so many answers that come one after the other."""
    found = []
    with connection.makefile("rb") as stream:
        for _ in range(number):
            status = int(stream.readline().split()[1])
            headers = http.client.parse_headers(stream)
            found.append((status, headers, stream.read(int(headers["Content-Length"]))))
    return found


def slowest_health(api: LoneApi, times: int = 5) -> float:
    """The seconds of the slowest of so many GET /health, each on a new connection."""
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        assert requests.get(f"{api.url}/health", timeout=SECONDS).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def slowest_prediction(api: LoneApi, times: int = 5, path: str = "/predict") -> float:
    """The seconds of the slowest of so many predictions, each on a new connection."""
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        answer = requests.post(f"{api.url}{path}", data=BODY, headers=JSON, timeout=SECONDS)
        assert (answer.status_code, answer.json()["label"]) == (200, "setosa")
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def assert_others_are_served(api: LoneApi, why: str) -> None:
    """Have others ask, and print how long the slowest waited."""
    health, prediction = slowest_health(api), slowest_prediction(api)
    print(f"{why}: /health within {health * 1000:.1f} ms, a prediction within {prediction * 1000:.1f} ms")
    assert max(health, prediction) < PROMPT_SECONDS

"""What the consumer says of itself over HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from prometheus_client import generate_latest

from embedded.ports import free_port
from petalstream.broker import KafkaError, KafkaTimeoutError, watch
from services.consumer.health import Health, PortNotFree, serving
from services.consumer.health.liveness import Liveness
from services.consumer.health.server import CLIENT_SECONDS
from services.consumer.lanes.lanes import Lanes
from tests.unit.consumer.fakes import Consumer

SECONDS = 10
NO_LANES = Lanes(lambda model: pytest.fail(f"a lane of {model}"))


@dataclass
class Served:
    """The health of a consumer, and the port on which it is served."""

    health: Health
    port: int

    def get(self, path: str) -> tuple[int, Any]:
        """The status and the JSON that come back."""
        response = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=SECONDS)
        return response.status_code, response.json()


@pytest.fixture
def served() -> Iterator[Served]:
    """A consumer that is just starting."""
    port = free_port()
    with closing(Health("broker:9092", "group")) as health, serving(health, "127.0.0.1", port):
        yield Served(health, port)


class Late(Consumer):
    """A consumer that has not joined its group."""

    def has_joined(self) -> bool:
        return False


def test_a_consumer_that_starts_is_alive_and_not_ready(served: Served) -> None:
    assert served.get("/health") == (200, {"status": "alive"})
    reason = "there is no Kafka consumer yet, or no longer"
    assert served.get("/ready") == (503, {"status": "not ready", "reason": reason})
    served.health.note_error(KafkaError("no such topic"))
    assert served.get("/ready")[1]["reason"] == f"{reason}: KafkaError: no such topic"


def test_it_is_ready_once_it_has_joined_its_group_until_it_has_no_consumer(served: Served) -> None:
    served.health.use(Late())
    served.health.note_turn(NO_LANES)
    assert served.get("/ready")[1]["reason"] == "the consumer has not joined the group group yet"
    served.health.use(Consumer())
    served.health.note_turn(NO_LANES)
    assert served.get("/ready") == (200, {"status": "ready"})
    assert b"petalstream_consumer_ready 1.0" in generate_latest()
    served.health.drop()
    assert served.get("/ready")[0] == 503
    assert b"petalstream_consumer_ready 0.0" in generate_latest()


def test_a_broker_that_was_never_there_is_named(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GRACE_SECONDS", 0)
    served.health.note_error(KafkaTimeoutError("no broker"))
    served.health._watch._look()
    assert served.get("/ready")[1]["reason"] == "no Kafka broker at broker:9092 can be reached"
    assert served.get("/health")[0] == 200


def test_a_main_loop_that_does_not_come_round_is_neither_alive_nor_ready(served: Served) -> None:
    served.health.liveness = Liveness(limit_seconds=0)
    for path in ("/health", "/ready"):
        status, content = served.get(path)
        assert status == 503
        assert content["reason"] == "the main loop has not polled Kafka for 0 s"


def test_a_wait_that_was_announced_is_no_hang() -> None:
    liveness = Liveness(limit_seconds=0)
    liveness.note(60)
    assert liveness.fault() is None
    liveness.note()
    assert liveness.fault() is not None


def test_other_paths_and_methods_are_refused(served: Served) -> None:
    assert served.get("/")[0] == 404
    assert requests.post(f"http://127.0.0.1:{served.port}/ready", timeout=SECONDS).status_code == 405


def test_a_client_that_sends_nothing_blocks_neither_others_nor_the_stop() -> None:
    port = free_port()
    with closing(Health("broker:9092", "group")) as health:
        with serving(health, "127.0.0.1", port), socket.create_connection(("127.0.0.1", port)):
            for _ in range(3):
                assert Served(health, port).get("/health")[0] == 200
            began = time.monotonic()
        assert time.monotonic() - began < CLIENT_SECONDS


def test_a_client_that_sends_nothing_is_disconnected_in_the_end(
    monkeypatch: pytest.MonkeyPatch, served: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("services.consumer.health.server._Handler.timeout", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), SECONDS) as silent:
        assert silent.recv(1) == b""
    assert capfd.readouterr().err == ""


def test_a_port_in_use_is_named() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        closing(Health("broker:9092", "group")) as health,
        pytest.raises(PortNotFree, match=r"127\.0\.0\.1:\d+ cannot be listened on: Address already in use"),
        serving(health, "127.0.0.1", taken.getsockname()[1]),
    ):
        pytest.fail("it listens")


def test_port_0_means_no_server() -> None:
    before = threading.active_count()
    with closing(Health("broker:9092", "group")) as health, serving(health, "127.0.0.1", 0):
        assert threading.active_count() == before + 1  # the watch of the broker

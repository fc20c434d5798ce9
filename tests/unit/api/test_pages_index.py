"""The first page: the models and the state of the stack."""

import dataclasses
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import Bundle
from petalstream.public_url import PublicUrl
from petalstream.settings import Servers, Settings
from services.api.app import create_app
from services.api.pages import stack_status
from services.api.pages.stack_status import Broker, check_brokers

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize("path", ["/", "/models"])
def test_each_model_has_a_card_with_what_it_predicts_and_is_worth(
    both: FlaskClient, iris: Bundle, heart_failure: Bundle, path: str
) -> None:
    text = both.get(path, headers=PAGE).text
    for found in (iris.manifest, heart_failure.manifest):
        assert f"<p>{found.predicts}.</p>" in text
        accuracy = found.metrics["test"]["accuracy"]
        interval = f"95% interval {accuracy['lower']:.1%} to {accuracy['upper']:.1%}"
        assert f'<dd class="figure">{accuracy["value"]:.1%} <span class="interval">{interval}</span></dd>' in text
        assert f'datetime="{found.trained_at}"' in text
        for link in ("", "/report", "?format=json"):
            assert f'href="/models/{found.model}{link}"' in text
    assert text.count(">served</span>") == 3
    assert ">ready</span>" in text
    assert f"<dd>{iris.manifest.libraries['scikit-learn']}</dd>" in text


def test_a_refused_model_is_shown_with_its_reason_beside_those_that_serve(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    for name in ("iris", "rose"):
        shutil.copytree(iris.path.parent, tmp_path / name)
    (tmp_path / "rose" / "1" / "model.joblib").write_bytes(b"<script>")
    text = create_app(Settings(models_dir=tmp_path)).test_client().get("/", headers=PAGE).text
    assert text.count(">served</span>") == text.count(">refused</span>") == 1
    assert "model.joblib was altered" in text
    assert "/models/rose" not in text.partition("State of the stack")[0]


def test_without_a_model_the_page_says_so_in_the_same_look(tmp_path: Path) -> None:
    answer = create_app(Settings(models_dir=tmp_path)).test_client().get("/", headers=PAGE)
    assert answer.status_code == 200
    assert "No model is served yet" in answer.text
    assert ">not ready</span>" in answer.text
    assert "style.css" in answer.text


@pytest.fixture
def listening() -> socket.socket:
    """A socket that takes connections, as a broker does."""
    return socket.create_server(("127.0.0.1", 0))


def test_a_broker_is_reachable_where_it_takes_a_connection(listening: socket.socket) -> None:
    with listening, socket.create_server(("127.0.0.1", 0)) as closed:
        there, gone = (f"127.0.0.1:{each.getsockname()[1]}" for each in (listening, closed))
        closed.close()
        assert check_brokers(f"{there},{gone}") == [Broker(there, True), Broker(gone, False)]


def test_the_page_says_of_every_broker_whether_it_is_reachable(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        servers = Servers(f"127.0.0.1:{listening.getsockname()[1]},127.0.0.1:1")
        client = create_app(Settings(models_dir=tmp_path, kafka_bootstrap_servers=servers)).test_client()
        text = client.get("/", headers=PAGE).text
    assert (text.count(">reachable</span>"), text.count(">not reachable</span>")) == (1, 1)


def test_who_asks_for_json_does_not_wait_for_a_broker(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(servers: str) -> None:
        raise AssertionError("a broker was asked")

    monkeypatch.setattr(stack_status, "check_brokers", asked)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("address", ["localhost:99999", "no.such.host.invalid:1", "[::1]:1", "x" * 300 + ":1", "[::1]"])
def test_an_address_that_leads_nowhere_is_not_reachable(address: str) -> None:
    assert check_brokers(address) == [Broker(address, False)]


def test_brokers_that_do_not_answer_cost_half_a_second_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(address: tuple[str, int], seconds: float) -> None:
        time.sleep(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    began = time.monotonic()
    assert not any(broker.connects for broker in check_brokers("a:1,b:2,c:3,d:4"))
    assert time.monotonic() - began < 2 * stack_status.CONNECT_SECONDS


def test_a_name_that_nobody_resolves_in_time_is_not_waited_for(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, resolve = threading.Event(), socket.getaddrinfo

    def slow(host: str, *rest: Any, **more: Any) -> object:
        if host == "slow.example":
            ended.wait(20)
            raise socket.gaierror
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    with listening:
        there = f"127.0.0.1:{listening.getsockname()[1]}"
        found = check_brokers(f"slow.example:9092,{there}")
    took = time.monotonic() - began
    ended.set()
    assert found == [Broker("slow.example:9092", False), Broker(there, True)]
    assert took < 4 * stack_status.CONNECT_SECONDS


@pytest.mark.parametrize("path", ["/", "/models/iris"])
def test_the_live_page_is_linked_where_its_address_is_known(
    client: FlaskClient, settings: Settings, iris: Bundle, path: str
) -> None:
    address = PublicUrl("https://petals.example.com/live")
    known = create_app(dataclasses.replace(settings, dashboard_public_url=address)).test_client()
    assert f'<a href="{address}">Live</a>' in known.get(path, headers=PAGE).text
    assert (f'<a href="{address}">live page</a>' in known.get(path, headers=PAGE).text) is (path == "/")
    assert "ive</a>" not in client.get(path, headers=PAGE).text
    assert "live page" not in client.get(path, headers=PAGE).text

"""The supervisor: after which errors a new Kafka consumer goes on, and which end the process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from tenacity import wait_none

from embedded.processes import ROOT, python
from petalstream import settings as environment
from petalstream.broker import FencedInstanceIdError, KafkaError
from petalstream.lifecycle import Stop
from petalstream.model.bundle import Bundle
from petalstream.settings import Servers, Settings
from services.consumer import error_policy, supervisor
from services.consumer.health import Health

NO = KafkaError("no broker")


def run(settings: Settings, stop: Stop) -> None:
    """Run the supervisor until it ends."""
    with closing(Health(settings.kafka_bootstrap_servers, settings.consumer_group)) as health:
        supervisor.run(settings, "me", stop, health)


class Consumers:
    """Kafka consumers that end one after the other as a test lists; a stop is requested in the one after the last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ends: Exception) -> None:
        self._ends: Iterator[Exception] = iter(ends)
        self.stop, self.count = Stop(), 0
        self.waits: list[float] = []
        monkeypatch.setattr(supervisor, "_consume", self._consume)
        monkeypatch.setattr(supervisor, "_wait", lambda stop, seconds: self.waits.append(seconds))

    def _consume(self, *_: Any) -> None:
        self.count += 1
        for end in self._ends:
            raise end
        self.stop.request()

    def run(self) -> "Consumers":
        """Work until the supervisor ends."""
        run(Settings(), self.stop)
        return self


@pytest.fixture
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "for_broker", wait_none())


def test_a_consumer_that_is_asked_to_stop_before_it_began_opens_no_client() -> None:
    stop = Stop()
    stop.request()
    run(Settings(kafka_bootstrap_servers=Servers("nowhere.invalid:9")), stop)


def test_without_its_file_of_keys_the_consumer_says_so_and_ends(tmp_path: Path) -> None:
    nowhere = environment.inherited(
        api_keys=tmp_path / "keys.txt", kafka_bootstrap_servers="nowhere.invalid:9", consumer_health_port=0
    )
    ended = subprocess.run(
        python("services.consumer"), cwd=ROOT, env=nowhere, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert f"API_KEYS names {tmp_path}/keys.txt, which cannot be read: No such file or directory" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("service", ["consumer", "producer"])
def test_without_the_client_that_is_asked_for_a_service_names_the_package_and_ends(
    service: str, settings: Settings, iris: Bundle
) -> None:
    without = "import runpy, sys; sys.modules['confluent_kafka'] = None; "
    command = [sys.executable, "-c", f"{without}runpy.run_module('services.{service}', run_name='__main__')"]
    wanted = environment.inherited(kafka_client="confluent", models_dir=settings.models_dir, consumer_health_port=0)
    ended = subprocess.run(command, cwd=ROOT, env=wanted, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if " ERROR " in line]
    assert "KAFKA_CLIENT=confluent needs the package confluent-kafka: pip install -c constraints.txt" in line
    assert "Traceback" not in ended.stderr


@pytest.mark.usefixtures("without_backoff")
def test_after_an_error_of_kafka_a_new_consumer_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Consumers(monkeypatch, NO, NO, NO).run().count == 4


def test_the_time_between_consumers_grows_up_to_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Consumers(monkeypatch, *[NO] * 40).run().waits
    assert len(waits) == 40
    assert max(waits[:3]) <= 0.4
    assert 2 < max(waits) <= 10


@pytest.mark.parametrize("end", [GroupAuthorizationFailedError("no"), TopicAuthorizationFailedError("no")])
@pytest.mark.usefixtures("without_backoff")
def test_what_a_new_consumer_does_not_help_against_ends_it(monkeypatch: pytest.MonkeyPatch, end: Exception) -> None:
    consumers = Consumers(monkeypatch, NO, end)
    with pytest.raises(type(end)):
        consumers.run()
    assert consumers.count == 2


def test_a_twin_is_named_once_and_given_more_and_more_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    consumers = Consumers(monkeypatch, *[FencedInstanceIdError("another one")] * 8).run()
    assert consumers.waits == [10, 20, 40, 80, 160, 300, 300, 300]
    (said,) = [entry for entry in caplog.messages if "another consumer is 'me' too" in entry]
    assert "CONSUMER_INSTANCE_ID" in said


def test_a_consumer_that_a_twin_replaces_while_it_stops_ends_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def consume(*_: Any) -> None:
        stop.request()
        raise FencedInstanceIdError("another one")

    stop = Stop()
    monkeypatch.setattr(supervisor, "_consume", consume)
    run(Settings(), stop)


def test_a_twin_is_named_also_after_other_errors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    consumers = Consumers(monkeypatch, NO, NO, FencedInstanceIdError("another one"), NO).run()
    assert consumers.waits[2] == 10
    assert "another consumer is 'me' too" in caplog.text


def test_a_consumer_that_worked_for_long_is_replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RECOVERED_SECONDS", 0)
    assert Consumers(monkeypatch, NO, NO).run().waits == []


def test_an_error_that_is_not_kafkas_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        Consumers(monkeypatch, ZeroDivisionError()).run()

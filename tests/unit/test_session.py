"""Sessions: what ends the consumer, and after what it goes on with new clients, knowing what was refused."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from tenacity import wait_none

from embedded.processes import ROOT, python
from petalstream import settings as environment
from petalstream.broker import (
    Client,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerFencedError,
    UnsupportedCodecError,
)
from petalstream.bundle import Bundle
from petalstream.lifecycle import Stop
from petalstream.settings import Servers, Settings
from services.consumer import policy, session
from services.consumer.hold import Interrupted
from services.consumer.refusals import Refusals


class Sessions:
    """Sessions that end one after the other as a test lists; `stop` is requested in the one after the last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ends: Exception) -> None:
        self._ends: Iterator[Exception] = iter(ends)
        self.stop = Stop()
        self.refusals: list[Refusals] = []
        monkeypatch.setattr(session, "_session", self._session)
        monkeypatch.setattr(policy, "between_sessions", wait_none())

    def _session(self, configured: Settings, client: Client, instance: str, refusals: Refusals, stop: Stop) -> None:
        self.refusals.append(refusals)
        for end in self._ends:
            raise end
        stop.request()

    def serve(self) -> int:
        """How many sessions there were until the consumer ended."""
        session.serve(Settings(), "me", self.stop)
        return len(self.refusals)


def test_a_consumer_that_is_asked_to_stop_before_it_began_opens_no_client() -> None:
    stop = Stop()
    stop.request()
    session.serve(Settings(kafka_bootstrap_servers=Servers("nowhere.invalid:9")), "me", stop)


def test_without_its_file_of_keys_the_consumer_says_so_and_ends(tmp_path: Path) -> None:
    nowhere = environment.inherited(api_keys=tmp_path / "keys.txt", kafka_bootstrap_servers="nowhere.invalid:9")
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
    wanted = environment.inherited(kafka_client="confluent", models_dir=settings.models_dir)
    ended = subprocess.run(command, cwd=ROOT, env=wanted, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if " ERROR " in line]
    assert "KAFKA_CLIENT=confluent needs the package confluent-kafka: pip install -c constraints.txt" in line
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "end",
    [KafkaError("no"), ProducerFencedError("slept"), MessageSizeTooLargeError("large"), Interrupted("rebalanced")],
)
def test_it_goes_on_with_new_clients_that_know_what_was_refused(
    monkeypatch: pytest.MonkeyPatch, end: Exception
) -> None:
    sessions = Sessions(monkeypatch, end, end)
    assert sessions.serve() == 3
    assert len(set(map(id, sessions.refusals))) == 1


@pytest.mark.parametrize(
    "end",
    [
        FencedInstanceIdError("another one"),
        GroupAuthorizationFailedError("no"),
        TopicAuthorizationFailedError("no"),
        UnsupportedCodecError("snappy"),
    ],
)
def test_what_new_clients_do_not_help_against_ends_it(monkeypatch: pytest.MonkeyPatch, end: Exception) -> None:
    sessions = Sessions(monkeypatch, KafkaError("no"), end)
    with pytest.raises(type(end)):
        sessions.serve()
    assert len(sessions.refusals) == 2


FENCED, OLD_EPOCH = ProducerFencedError("fenced"), InvalidProducerEpochError("fenced")


@pytest.mark.parametrize(("seconds", "sessions"), [(0, 3), (4.9, 3), (5, 5), (3_600, 5)])
def test_a_consumer_that_is_fenced_again_and_again_has_a_twin_and_one_that_slept_has_not(
    monkeypatch: pytest.MonkeyPatch, seconds: float, sessions: int
) -> None:
    clock = itertools.count(0, seconds)
    monkeypatch.setattr(policy, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    served = Sessions(monkeypatch, FENCED, OLD_EPOCH, FENCED, OLD_EPOCH)
    with pytest.raises(ProducerFencedError) if sessions == 3 else nullcontext():
        served.serve()
    assert len(served.refusals) == sessions


def test_other_errors_do_not_count_as_being_fenced(monkeypatch: pytest.MonkeyPatch) -> None:
    no = KafkaError("no")
    assert Sessions(monkeypatch, FENCED, no, no, Interrupted("rebalanced"), OLD_EPOCH, no).serve() == 7


def test_an_error_that_is_not_kafkas_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        Sessions(monkeypatch, ZeroDivisionError()).serve()


def test_a_stop_with_a_batch_in_hand_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(monkeypatch, Interrupted("asked to stop"))
    sessions.stop.request()
    assert sessions.serve() == 1

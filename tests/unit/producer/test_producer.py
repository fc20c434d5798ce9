"""The producer: one request a sample, at a pace, and a report of what became of each."""

import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from petalstream.broker import MessageSizeTooLargeError
from petalstream.lifecycle import Stop
from petalstream.messages import Message
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.producer import stream as sending
from services.producer import unacknowledged
from services.producer.records import request_messages
from services.producer.samples import again_and_again, published
from services.producer.stream import stream


class Broker:
    """A producer that keeps records, but for those with some keys, which it or already its client refuses.

    What became of a record is known `seconds` after it was sent, and told from a thread of its own.
    """

    def __init__(self, refused: tuple[bytes, ...] = (), unsendable: tuple[bytes, ...] = (), seconds: float = 0) -> None:
        self._refused, self._unsendable, self._seconds = refused, unsendable, seconds
        self._telling: list[threading.Timer] = []
        self.taken: list[bytes | None] = []

    def send(self, message: Message, refused: Callable[[BaseException], None]) -> None:
        if message.key in self._unsendable:
            raise MessageSizeTooLargeError("4 MB")
        if message.key in self._refused:
            self._tell(lambda: refused(ValueError("too large")))
        else:
            self._tell(lambda: self.taken.append(message.key))

    def is_connected(self) -> bool:
        return True

    def flush(self, seconds: float) -> int:
        for telling in self._telling:
            telling.join(seconds)
        return sum(telling.is_alive() for telling in self._telling)

    def close(self, seconds: float) -> None:
        self.flush(seconds)

    def _tell(self, what: Callable[[], None]) -> None:
        self._telling.append(threading.Timer(self._seconds, what))
        self._telling[-1].start()


def messages(count: int) -> list[Message]:
    return [Message("iris.requests", str(number).encode(), b"{}", []) for number in range(count)]


def test_every_sample_of_the_test_set_becomes_one_request(iris: Bundle) -> None:
    made = list(request_messages({"iris": iris.test_set()}))
    samples = list(iris.test_set())
    assert [message.key for message in made] == [line.encode() for line, _, _ in samples]
    assert [json.loads(message.value or b"") for message in made] == [features for _, features, _ in samples]
    assert [dict(message.headers)["expected"].decode() for message in made] == [label for _, _, label in samples]
    assert len({dict(message.headers)["ce_id"] for message in made}) == len(made)


def test_in_a_loop_a_small_test_set_does_not_wait_for_a_large_one(all_models: Settings) -> None:
    models = [bundle.current(all_models.models_dir, name) for name in ("iris", "heart_failure")]
    samples = {found.manifest.model: again_and_again(all_models.models_dir, found) for found in models}
    made = list(itertools.islice(request_messages(samples), 300))
    assert [message.topic for message in made] == ["iris.requests", "heart_failure.requests"] * 150


def test_without_a_loop_every_sample_of_each_test_set_is_sent_once(iris: Bundle, heart_failure: Bundle) -> None:
    samples = {"iris": iris.test_set(), "heart_failure": heart_failure.test_set()}
    made = [(message.topic, message.key) for message in request_messages(samples)]
    assert len(made) == len(set(made)) == 30 + 60


def test_a_test_set_that_was_altered_is_named_and_the_others_are_streamed(
    all_models: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = tmp_path / "models"
    shutil.copytree(all_models.models_dir, models)
    (models / "heart_failure" / "1" / "test.csv").unlink()
    assert [found.manifest.model for found in published(models)] == ["iris", "penguins"]
    assert "heart_failure is not streamed: " in caplog.text


def test_a_loop_begins_the_test_set_again(settings: Settings, iris: Bundle) -> None:
    made = list(itertools.islice(request_messages({"iris": again_and_again(settings.models_dir, iris)}), 31))
    assert made[0].key == made[30].key
    assert dict(made[0].headers)["ce_id"] != dict(made[30].headers)["ce_id"]


def test_sent_acknowledged_and_failed_are_counted_and_the_refused_record_is_named(caplog: Any) -> None:
    broker = Broker(refused=(b"1",))
    report = stream(broker, messages(3), 0, Stop())
    assert (report.sent, report.acknowledged, report.failed) == (3, 2, 1)
    assert broker.taken == [b"0", b"2"]
    assert caplog.messages == ["record with key b'1' was not taken into iris.requests: too large"]


def test_a_record_that_the_client_itself_refuses_is_counted_and_named_and_the_run_goes_on(caplog: Any) -> None:
    broker = Broker(unsendable=(b"0", b"2"))
    report = stream(broker, messages(4), 0, Stop())
    assert (report.sent, report.acknowledged, report.failed) == (4, 2, 2)
    assert broker.taken == [b"1", b"3"]
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "record with key b'0' was not taken into iris.requests",
        "record with key b'2' was not taken into iris.requests",
    ]
    assert all("4 MB" in message for message in caplog.messages)


def test_records_are_sent_at_the_asked_pace() -> None:
    began = time.monotonic()
    stream(Broker(), messages(4), 0.05, Stop())
    assert time.monotonic() - began >= 0.15


def test_the_end_waits_for_the_brokers_word_on_every_record() -> None:
    report = stream(Broker(refused=(b"1",), seconds=0.05), messages(3), 0, Stop())
    assert (report.sent, report.acknowledged, report.failed) == (3, 2, 1)


def test_what_the_broker_is_silent_on_is_neither_acknowledged_nor_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "DELIVERY_SECONDS", 0)
    broker = Broker(seconds=0.5)
    report = stream(broker, messages(2), 0, Stop())
    assert (report.sent, report.acknowledged, report.failed) == (2, 0, 0)
    assert caplog.messages == ["2 records were not acknowledged within 0 s"]
    assert broker.flush(20) == 0


def test_no_more_than_a_bound_is_unacknowledged_and_a_stop_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, stop, said = Broker(seconds=3), Stop(), list[str]()

    def error(form: str, *words: object) -> None:
        said.append(form % words)
        stop.request()

    monkeypatch.setattr(unacknowledged.log, "error", error)
    monkeypatch.setattr(unacknowledged, "MOST_MESSAGES", 3)
    monkeypatch.setattr(unacknowledged, "SLOW_SECONDS", 0)
    monkeypatch.setattr(sending, "DRAIN_SECONDS", 0)
    report = stream(broker, messages(10), 0, stop)
    assert (report.sent, report.acknowledged, report.failed) == (3, 0, 0)
    assert [text.partition(" for ")[0] for text in said] == ["the broker has not acknowledged 3 records"]
    assert broker.flush(20) == 0


def test_with_a_bound_every_message_is_sent_and_their_bytes_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unacknowledged, "MOST_BYTES", 5)  # a message has 3
    broker = Broker(seconds=0.01)
    report = stream(broker, messages(5), 0, Stop())
    assert (report.sent, report.acknowledged) == (5, 5)
    assert broker.taken == [b"%d" % number for number in range(5)]


def test_a_stop_ends_the_wait_between_two_records_but_not_the_one_for_the_broker() -> None:
    broker, stop = Broker(seconds=0.05), Stop()
    asking = threading.Timer(0.1, stop.request)
    asking.start()
    report = stream(broker, messages(2), 60, stop)
    asking.join()
    assert (report.sent, report.acknowledged, broker.taken) == (1, 1, [b"0"])

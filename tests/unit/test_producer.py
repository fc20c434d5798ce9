"""The producer: one request a sample, at a pace, and a report of what became of each."""

import itertools
import json
import threading
import time
from typing import Any

from petalstream.bundle import Bundle
from petalstream.lifecycle import Stop
from petalstream.messages import Message
from services.producer.records import request_messages
from services.producer.stream import stream


class Future:
    """What a Kafka client's send returns, already decided."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def add_callback(self, call: Any) -> None:
        if self._error is None:
            call(None)

    def add_errback(self, call: Any) -> None:
        if self._error is not None:
            call(self._error)


class Broker:
    """A producer that refuses the records with some keys and keeps the others."""

    def __init__(self, refused: tuple[bytes, ...] = ()) -> None:
        self._refused = refused
        self.taken: list[bytes | None] = []
        self.flushed = False

    def send(self, topic: str, value: bytes, key: bytes, headers: Any) -> Future:
        if key in self._refused:
            return Future(ValueError("too large"))
        self.taken.append(key)
        return Future(None)

    def flush(self, timeout: float) -> None:
        self.flushed = timeout > 0


def messages(count: int) -> list[Message]:
    return [Message("iris.requests", str(number).encode(), b"{}", []) for number in range(count)]


def test_every_sample_of_the_test_set_becomes_one_request(iris: Bundle) -> None:
    made = list(request_messages([iris], loop=False))
    samples = list(iris.test_set())
    assert [message.key for message in made] == [line.encode() for line, _, _ in samples]
    assert [json.loads(message.value) for message in made] == [features for _, features, _ in samples]
    assert [dict(message.headers)["expected"].decode() for message in made] == [label for _, _, label in samples]
    assert len({dict(message.headers)["ce_id"] for message in made}) == len(made)


def test_a_loop_begins_the_test_set_again(iris: Bundle) -> None:
    made = list(itertools.islice(request_messages([iris], loop=True), 31))
    assert made[0].key == made[30].key
    assert dict(made[0].headers)["ce_id"] != dict(made[30].headers)["ce_id"]


def test_sent_acknowledged_and_failed_are_counted_and_the_refused_record_is_named(caplog: Any) -> None:
    broker = Broker(refused=(b"1",))
    report = stream(broker, messages(3), 0, Stop())
    assert (report.sent, report.acknowledged, report.failed) == (3, 2, 1)
    assert broker.taken == [b"0", b"2"]
    assert caplog.messages == ["record with key b'1' was not taken into iris.requests: too large"]


def test_records_are_sent_at_the_asked_pace() -> None:
    began = time.monotonic()
    stream(Broker(), messages(4), 0.05, Stop())
    assert time.monotonic() - began >= 0.15


def test_a_stop_ends_the_wait_between_two_records_and_flushes() -> None:
    broker, stop = Broker(), Stop()
    asking = threading.Timer(0.1, stop.request)
    asking.start()
    report = stream(broker, messages(2), 60, stop)
    asking.join()
    assert (report.sent, report.acknowledged, broker.flushed) == (1, 1, True)

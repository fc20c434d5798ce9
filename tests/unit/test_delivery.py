"""Delivery: offsets are committed after the broker has every message, or in one transaction with them."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from petalstream.broker import KafkaError
from petalstream.messages import Message
from petalstream.settings import Delivery, Settings
from services.consumer import delivery
from services.consumer.delivery import AtLeastOnce, ExactlyOnce
from tests.records import Record

MESSAGES = [Message("iris.predictions", b"1", b"{}", [("a", b"1")]), Message("iris.dead-letters", None, b"", [])]
RECORDS = [Record(offset=5), Record(offset=2, partition=1), Record(offset=6), Record("rose.requests", 0, 9)]
AFTER = {("iris.requests", 0): 7, ("iris.requests", 1): 3, ("rose.requests", 0): 10}
WRITTEN = ["send iris.predictions", "send iris.dead-letters", "await iris.predictions", "await iris.dead-letters"]


class Kafka:
    """Consumer, producer and the producer's transactions at once; `done` is what was done, in order.

    What is named in `refused` fails with an error, and what is named in `silent` takes longer than it may.
    """

    def __init__(self, refused: str = "", silent: str = "") -> None:
        self._refused, self._silent = refused, silent
        self.done: list[str] = []
        self.sent: list[tuple[Any, ...]] = []
        self.offsets: dict[tuple[str, int], int] = {}
        self._transaction_manager = self
        self._sender = SimpleNamespace(wakeup=lambda: None)

    def _do(self, step: str) -> None:
        self.done.append(step)
        if step == self._refused:
            raise KafkaError(f"refused: {step}")

    def send(self, topic: str, *rest: Any) -> SimpleNamespace:
        self._do(f"send {topic}")
        self.sent.append((topic, *rest))

        def get(timeout: float) -> None:
            assert 0 < timeout <= 9
            self._do(f"await {topic}")

        return SimpleNamespace(get=get)

    def commit(self, offsets: Any, timeout_ms: int) -> None:
        assert 0 < timeout_ms <= 9_000
        self.offsets = self._plain(offsets)
        self._do("commit")

    def group_metadata(self) -> str:
        return "the group and this member's generation"

    def begin_transaction(self) -> None:
        self._do("begin")

    def send_offsets_to_transaction(self, offsets: Any, group: str) -> SimpleNamespace:
        assert group == self.group_metadata()
        self.offsets = self._plain(offsets)
        return self._result("offsets")

    def begin_commit(self) -> SimpleNamespace:
        return self._result("commit")

    def _result(self, step: str) -> SimpleNamespace:
        def wait(timeout_ms: int) -> bool:
            assert 0 < timeout_ms <= 9_000
            self._do(step)
            return step != self._silent

        return SimpleNamespace(wait=wait)

    @staticmethod
    def _plain(offsets: Any) -> dict[tuple[str, int], int]:
        return {(place.topic, place.partition): held.offset for place, held in offsets.items()}


def test_at_least_once_commits_after_the_last_record_of_each_partition_once_every_message_is_taken() -> None:
    kafka = Kafka()
    AtLeastOnce(kafka, kafka)(MESSAGES, RECORDS)
    assert kafka.done == [*WRITTEN, "commit"]
    assert kafka.offsets == AFTER
    assert kafka.sent == [(each.topic, each.value, each.key, each.headers) for each in MESSAGES]


def test_exactly_once_writes_and_commits_in_one_transaction() -> None:
    kafka = Kafka()
    ExactlyOnce(kafka, kafka)(MESSAGES, RECORDS)
    assert kafka.done == ["begin", *WRITTEN, "offsets", "commit"]
    assert kafka.offsets == AFTER
    assert kafka.sent == [(each.topic, each.value, each.key, each.headers) for each in MESSAGES]


@pytest.mark.parametrize("deliver", [AtLeastOnce, ExactlyOnce])
@pytest.mark.parametrize("step", ["send iris.dead-letters", "await iris.predictions", "await iris.dead-letters"])
def test_nothing_is_committed_where_one_message_is_not_taken(deliver: Any, step: str) -> None:
    kafka = Kafka(refused=step)
    with pytest.raises(KafkaError, match=f"refused: {step}"):
        deliver(kafka, kafka)(MESSAGES, RECORDS)
    assert kafka.done[-1] == step
    assert kafka.offsets == {}


@pytest.mark.parametrize("deliver", [AtLeastOnce, ExactlyOnce])
def test_a_commit_that_is_refused_is_an_error(deliver: Any) -> None:
    kafka = Kafka(refused="commit")
    with pytest.raises(KafkaError, match="refused: commit"):
        deliver(kafka, kafka)(MESSAGES, RECORDS)


def test_a_transaction_whose_offsets_are_refused_is_not_committed() -> None:
    kafka = Kafka(refused="offsets")
    with pytest.raises(KafkaError, match="refused: offsets"):
        ExactlyOnce(kafka, kafka)(MESSAGES, RECORDS)
    assert "commit" not in kafka.done


@pytest.mark.parametrize("step", ["offsets", "commit"])
def test_a_transaction_on_which_the_broker_is_silent_is_an_error(step: str) -> None:
    kafka = Kafka(silent=step)
    with pytest.raises(KafkaError, match=f"did not take the transaction's {step} in time"):
        ExactlyOnce(kafka, kafka)(MESSAGES, RECORDS)
    assert kafka.done[-1] == step


@pytest.mark.parametrize(
    ("wanted", "kind"), [(Delivery.AT_LEAST_ONCE, AtLeastOnce), (Delivery.EXACTLY_ONCE, ExactlyOnce)]
)
def test_the_setting_delivery_decides_which_it_is(wanted: Delivery, kind: type) -> None:
    kafka = Kafka()
    chosen = delivery.delivery(dataclasses.replace(Settings(), delivery=wanted), kafka, kafka)
    assert isinstance(chosen, kind)

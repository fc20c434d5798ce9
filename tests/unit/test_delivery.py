"""Delivery: offsets are committed after the broker has every message, or in one transaction with them."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.structs import ConsumerGroupMetadata, MemberState

from petalstream.broker import KafkaError
from petalstream.broker.interfaces import nothing
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.broker.kafka_python.producer import Producer
from petalstream.messages import Message
from petalstream.settings import Delivery, Settings
from services.consumer import delivery
from services.consumer.delivery import AtLeastOnce, Deliver, ExactlyOnce
from tests.records import Record

MESSAGES = [Message("iris.predictions", b"1", b"{}", [("a", b"1")]), Message("iris.dead-letters", None, b"", [])]
RECORDS = [Record(offset=5), Record(offset=2, partition=1), Record(offset=6), Record("rose.requests", 0, 9)]
AFTER = {("iris.requests", 0): 7, ("iris.requests", 1): 3, ("rose.requests", 0): 10}
MEMBER = ConsumerGroupMetadata("petalstream", 7, "me-1", "me", MemberState.STABLE)
WRITTEN = ["send iris.predictions", "send iris.dead-letters", "await iris.predictions", "await iris.dead-letters"]


class Kafka:
    """Consumer, producer and the producer's transactions at once; `done` is what was done, in order.

    What is named in `refused` fails with an error, and what is named in `silent` takes longer than it may. Each answer
    takes `seconds` on a clock of its own; `allowed` is how long each one was waited for at most.
    """

    def __init__(self, refused: str = "", silent: str = "", seconds: float = 0) -> None:
        self._refused, self._silent, self._seconds = refused, silent, seconds
        self.member = MEMBER
        self.now = 0.0
        self.clock = SimpleNamespace(monotonic=lambda: self.now)
        self.allowed: list[float] = []
        self.done: list[str] = []
        self.sent: list[tuple[Any, ...]] = []
        self.offsets: dict[tuple[str, int], int] = {}
        self._transaction_manager = self
        self._sender = SimpleNamespace(wakeup=lambda: None)

    def _wait(self, seconds: float) -> None:
        assert 0 <= seconds <= delivery.DELIVERY_SECONDS
        self.allowed.append(seconds)
        self.now += self._seconds

    def _do(self, step: str) -> None:
        self.done.append(step)
        if step == self._refused:
            raise KafkaError(f"refused: {step}")

    def send(self, topic: str, *rest: Any) -> SimpleNamespace:
        self._do(f"send {topic}")
        self.sent.append((topic, *rest))

        def get(timeout: float) -> None:
            self._wait(timeout)
            self._do(f"await {topic}")

        return SimpleNamespace(get=get, succeeded=lambda: False)

    def flush(self, timeout: float) -> None:
        """All that was sent goes out; what becomes of it the futures tell."""

    def group_metadata(self) -> ConsumerGroupMetadata:
        return self.member

    def commit(self, offsets: Any, timeout_ms: int) -> None:
        self._wait(timeout_ms / 1000)
        self.offsets = self._plain(offsets)
        self._do("commit")

    def begin_transaction(self) -> None:
        self._do("begin")

    def send_offsets_to_transaction(self, offsets: Any, member: object) -> SimpleNamespace:
        assert member is MEMBER
        self._do("send offsets")
        self._in_transaction = self._plain(offsets)
        return self._result("await offsets")

    def begin_commit(self) -> SimpleNamespace:
        self.offsets = self._in_transaction
        return self._result("commit")

    def _result(self, step: str) -> SimpleNamespace:
        def wait(timeout_ms: int) -> bool:
            self._wait(timeout_ms / 1000)
            self._do(step)
            return step != self._silent

        return SimpleNamespace(wait=wait)

    @staticmethod
    def _plain(offsets: Any) -> dict[tuple[str, int], int]:
        return {(place.topic, place.partition): held.offset for place, held in offsets.items()}


both = pytest.mark.parametrize("wanted", [Delivery.AT_LEAST_ONCE, Delivery.EXACTLY_ONCE])


def chosen(wanted: Delivery, kafka: Any) -> Deliver:
    """What the setting chooses."""
    configured = dataclasses.replace(Settings(), delivery=wanted)
    return delivery.delivery(configured, Consumer(kafka), Producer(kafka))


def test_at_least_once_commits_after_the_last_record_of_each_partition_once_every_message_is_taken() -> None:
    kafka = Kafka()
    chosen(Delivery.AT_LEAST_ONCE, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.done == [*WRITTEN, "commit"]
    assert kafka.offsets == AFTER
    assert kafka.sent == [(each.topic, each.value, each.key, each.headers) for each in MESSAGES]


def test_exactly_once_writes_and_commits_in_one_transaction() -> None:
    kafka = Kafka()
    chosen(Delivery.EXACTLY_ONCE, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.done == ["begin", "send offsets", *WRITTEN, "await offsets", "commit"]
    assert kafka.offsets == AFTER
    assert kafka.sent == [(each.topic, each.value, each.key, each.headers) for each in MESSAGES]


@both
@pytest.mark.parametrize("step", ["send iris.dead-letters", "await iris.predictions", "await iris.dead-letters"])
def test_nothing_is_committed_where_one_message_is_not_taken(wanted: Delivery, step: str) -> None:
    kafka = Kafka(refused=step)
    with pytest.raises(KafkaError, match=f"refused: {step}"):
        chosen(wanted, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.done[-1] == step
    assert kafka.offsets == {}


@both
def test_a_commit_that_is_refused_is_an_error(wanted: Delivery) -> None:
    kafka = Kafka(refused="commit")
    with pytest.raises(KafkaError, match="refused: commit"):
        chosen(wanted, kafka)(MESSAGES, RECORDS, MEMBER, nothing)


@pytest.mark.parametrize(
    "change", [{"generation_id": 8}, {"member_id": "me-2"}, {"state": MemberState.REBALANCING}], ids=str
)
def test_at_least_once_commits_nothing_as_another_member_than_the_one_that_polled(change: dict[str, Any]) -> None:
    kafka = Kafka()
    kafka.member = MEMBER._replace(**change)
    with pytest.raises(KafkaError, match="the group was rebalanced since"):
        chosen(Delivery.AT_LEAST_ONCE, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.offsets == {}


def test_a_transaction_whose_offsets_are_refused_is_not_committed() -> None:
    kafka = Kafka(refused="await offsets")
    with pytest.raises(KafkaError, match="refused: await offsets"):
        chosen(Delivery.EXACTLY_ONCE, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert "commit" not in kafka.done


@pytest.mark.parametrize(("step", "named"), [("await offsets", "offsets"), ("commit", "commit")])
def test_a_transaction_on_which_the_broker_is_silent_is_an_error(step: str, named: str) -> None:
    kafka = Kafka(silent=step)
    with pytest.raises(KafkaError, match=f"did not take the transaction's {named} in time"):
        chosen(Delivery.EXACTLY_ONCE, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.done[-1] == step


@pytest.mark.parametrize(
    ("wanted", "kind"), [(Delivery.AT_LEAST_ONCE, AtLeastOnce), (Delivery.EXACTLY_ONCE, ExactlyOnce)]
)
def test_the_setting_delivery_decides_which_it_is(wanted: Delivery, kind: type) -> None:
    assert isinstance(chosen(wanted, Kafka()), kind)


@pytest.mark.parametrize(
    ("wanted", "allowed"), [(Delivery.AT_LEAST_ONCE, [8, 5, 2]), (Delivery.EXACTLY_ONCE, [8, 5, 2, 0])]
)
def test_messages_and_commit_have_eight_seconds_together(
    monkeypatch: pytest.MonkeyPatch, wanted: Delivery, allowed: list[float]
) -> None:
    kafka = Kafka(seconds=3)
    monkeypatch.setattr(delivery, "time", kafka.clock)
    chosen(wanted, kafka)(MESSAGES, RECORDS, MEMBER, nothing)
    assert kafka.allowed == allowed


@both
def test_each_batch_has_its_own_eight_seconds(monkeypatch: pytest.MonkeyPatch, wanted: Delivery) -> None:
    kafka = Kafka(seconds=2)
    monkeypatch.setattr(delivery, "time", kafka.clock)
    deliver = chosen(wanted, kafka)
    for _ in range(2):
        kafka.allowed.clear()
        deliver(MESSAGES, RECORDS, MEMBER, nothing)
        assert kafka.allowed[0] == 8

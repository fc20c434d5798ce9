"""The ledger beside a real broker: what is injected behind the consumer's back is found, and nothing else."""

import random
import signal
import time

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import MemberToRemove
from kafka.errors import NoError

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.broker.kafka_python.clients import close_producer, new_transactional_producer
from petalstream.messages import Message, ReceivedRecord
from services.dashboard.follow import model_reading
from services.dashboard.snapshot import Condition
from tests.following import Place, following, places, write_flow
from tests.length import Length
from tests.operator import commit
from tests.records import flower
from tests.stack import Stack

# A million records take a minute or more.
pytestmark = pytest.mark.timeout(600)
SECONDS = 60
PARTITIONS = 6
REQUEST = Message("iris.requests", b"1", flower(), [("expected", b"setosa")])


def drawn(chance: random.Random, count: int, offsets: int) -> set[Place]:
    return {
        (place % PARTITIONS, place // PARTITIONS) for place in chance.sample(range(PARTITIONS * (offsets - 1)), count)
    }


def copied(record: ReceivedRecord) -> Message:
    headers = [(name, value or b"") for name, value in record.headers]
    return Message(record.topic, record.key, record.value, headers, record.partition)


def test_every_loss_and_every_duplicate_is_found_with_its_place_and_nothing_else(stack: Stack, length: Length) -> None:
    """100 losses and 100 duplicates in a million records, at full length."""
    offsets = length.count(10_000, 1_000_000) // PARTITIONS
    chance = random.Random(27)
    both = drawn(chance, 200, offsets)
    lost = set(sorted(both)[::2])
    doubled = both - lost
    broker.create_topics(stack.servers, "iris", PARTITIONS)
    with following(stack.settings) as followed:
        followed.await_model(lambda model: len(model.ledger.partitions) == PARTITIONS, "the ledger to be opened")
        write_flow(stack.servers, PARTITIONS, range(offsets), lost, doubled)
        total = PARTITIONS * offsets
        ledger = followed.await_ledger(lambda row: row.requests == total, f"{total} requests")
        assert (ledger.total.to_do, ledger.total.lost, ledger.total.doubled) == (100, 0, 100)
        committed = time.monotonic()
        commit(stack, stack.settings.consumer_group, "iris.requests", dict.fromkeys(range(PARTITIONS), offsets))
        ledger = followed.await_ledger(lambda row: row.lost > 0, "the losses to be found")
        assert time.monotonic() - committed < 60
        assert places(ledger, "lost") == lost
        assert places(ledger, "doubled") == doubled
        row = ledger.total
        assert (row.predictions, row.dead_letters, row.to_do, row.unknown) == (total - 100, 0, 0, 0)
        assert (row.lost, row.doubled, ledger.is_balanced) == (100, 100, False)


def test_the_real_stack_balances_and_what_is_skipped_or_copied_behind_its_back_is_found(stack: Stack) -> None:
    stack.use_shared_api()
    with following(stack.settings) as followed:
        consumer = stack.consume()
        assert stack.produce().process.wait(SECONDS) == 0
        ledger = followed.await_ledger(lambda row: row.predictions == 30, "30 predictions")
        assert (ledger.is_balanced, ledger.total.requests, ledger.total.to_do) == (True, 30, 0)
        model = followed.await_model(lambda model: model.version == "1", "the api's version")
        assert model.quality is not None
        assert (round(model.quality.value, 3), model.quality.rows) == (0.933, 30)
        assert model.test_quality is not None
        assert round(model.test_quality.value, 3) == 0.933
        assert model.p50_ms is not None
        parts = {part.name.split()[0]: part.condition for part in followed.latest.snapshot.parts}
        assert parts["API"] == parts["Kafka"] == parts["Consumer"] == Condition.GOOD

        consumer.process.send_signal(signal.SIGTERM)
        assert consumer.process.wait(SECONDS) == 0
        _remove_member(stack, "consumer")
        skipped = [REQUEST._replace(partition=partition) for partition in (1, 4) for _ in range(3)]
        ends = {number: end for number, (_, end) in _bounds(stack, "iris.requests").items()}
        stack.write(skipped)
        commit(stack, stack.settings.consumer_group, "iris.requests", {each: ends[each] + 3 for each in (1, 4)})
        again = [*broker.read_topic(stack.servers, "iris.predictions")][:4]
        stack.write([copied(record) for record in again])
        stack.consume("next")
        ledger = followed.await_ledger(lambda row: row.lost == 6 and row.doubled == 4, "6 losses and 4 duplicates")
        assert places(ledger, "lost") == {
            (partition, ends[partition] + step) for partition in (1, 4) for step in range(3)
        }
        assert places(ledger, "doubled") == {_source(record) for record in again}
    with following(stack.settings) as restarted:
        again_found = restarted.await_ledger(lambda row: row.lost == 6 and row.doubled == 4, "the same after a restart")
        assert {(each.kind, each.partition, each.offset) for each in again_found.places} == {
            (each.kind, each.partition, each.offset) for each in ledger.places
        }
        assert again_found.edge == model_reading.WHOLE


@pytest.mark.long
def test_aborted_transactions_and_their_markers_are_no_requests(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    producer = new_transactional_producer(stack.servers, 8, "a sender", 30)
    try:
        for number in range(20):
            producer.begin_transaction()
            broker.send(producer, REQUEST)
            producer.flush(30)
            producer.abort_transaction() if number % 2 else producer.commit_transaction()
        with following(stack.settings) as followed:
            ledger = followed.await_ledger(lambda row: row.requests == 10, "10 committed requests")
            assert (ledger.total.to_do, ledger.total.lost) == (10, 0)
            end = _bounds(stack, "iris.requests")[0][1]
            assert end > 30
            commit(stack, stack.settings.consumer_group, "iris.requests", {0: end})
            ledger = followed.await_ledger(lambda row: row.lost == 10, "10 losses")
            assert ledger.total.to_do == 0
    finally:
        close_producer(producer, 1)


@pytest.mark.long
def test_after_a_restart_amid_the_stream_the_window_begins_later_and_nothing_is_falsely_lost(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_reading, "MOST_RECORDS", 120)
    monkeypatch.setattr(model_reading, "SKEW_SECONDS", 0)
    stack.use_shared_api()
    stack.consume()
    producer = stack.produce(producer_loop=True, producer_interval=0.005)
    stack.await_predictions(500)
    with following(stack.settings) as followed:
        ledger = followed.await_ledger(lambda row: row.predictions > 100, "100 predictions of the window")
        assert "leaves out" in ledger.edge
        assert all(row.first > 0 for row in ledger.partitions)
        producer.process.send_signal(signal.SIGTERM)
        assert producer.process.wait(SECONDS) == 0
        ledger = followed.await_ledger(lambda row: row.to_do == 0, "everything to be scored")
        assert (ledger.is_balanced, ledger.total.lost) == (True, 0)


@pytest.mark.long
def test_a_topic_that_is_created_again_begins_a_new_ledger(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    with following(stack.settings) as followed:
        write_flow(stack.servers, 2, range(50))
        followed.await_ledger(lambda row: row.predictions == 100, "100 predictions")
        stack.broker.delete_topics()
        broker.create_topics(stack.servers, "iris", 2)
        write_flow(stack.servers, 2, range(10))
        ledger = followed.await_ledger(lambda row: row.predictions == 20, "20 predictions of the new topic")
        assert (ledger.total.requests, ledger.is_balanced) == (20, True)


@pytest.mark.long
def test_records_that_were_deleted_before_they_were_read_are_outside_of_the_window(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    write_flow(stack.servers, 1, range(300))
    with KafkaAdminClient(bootstrap_servers=stack.servers) as admin:
        admin.delete_records({TopicPartition("iris.requests", 0): 200})
    with following(stack.settings) as followed:
        ledger = followed.await_ledger(lambda row: row.predictions == 100, "100 predictions")
        assert (ledger.partitions[0].first, ledger.total.requests, ledger.is_balanced) == (200, 100, True)


@pytest.mark.long
@pytest.mark.own_broker
def test_a_broker_that_is_away_is_said_and_the_ledger_goes_on_when_it_is_back(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 2)
    with following(stack.settings) as followed:
        write_flow(stack.servers, 2, range(50))
        followed.await_ledger(lambda row: row.predictions == 100, "100 predictions")
        stack.broker.kill()

        def is_said() -> bool:
            snapshot = followed.latest.snapshot
            parts = {part.name.partition(" ")[0]: (part.condition, part.words) for part in snapshot.parts}
            return snapshot.reading == "waiting for Kafka, which is not reachable" and (
                parts["Kafka"] == (Condition.BAD, "no broker answers")
                and parts["Producers"] == parts["Consumer"] == (Condition.UNKNOWN, "Kafka is not reachable")
            )

        wait_until(is_said, "the broker to be shown as not reachable", SECONDS)
        stack.broker.start()
        write_flow(stack.servers, 2, range(50, 60))
        ledger = followed.await_ledger(lambda row: row.predictions == 120, "20 more predictions")
        assert (ledger.total.requests, ledger.is_balanced) == (120, True)


def _remove_member(stack: Stack, instance_id: str) -> None:
    """Remove a static member, which stays one until its session has timed out."""
    with KafkaAdminClient(bootstrap_servers=stack.servers) as admin:
        removed = admin.remove_group_members(
            stack.settings.consumer_group, [MemberToRemove(group_instance_id=instance_id)]
        )
        assert list(removed.values()) == [NoError]


def _bounds(stack: Stack, topic: str) -> dict[int, tuple[int, int]]:
    admin = broker.Admin(stack.servers)
    try:
        partitions = admin.partitions(topic)
        begins, ends = admin.first_offsets(partitions), admin.end_offsets(partitions)
        return {each.partition: (begins[each], ends[each]) for each in partitions}
    finally:
        admin.close()


def _source(record: ReceivedRecord) -> Place:
    found = dict(record.headers)
    return int(found["source_partition"] or b""), int(found["source_offset"] or b"")

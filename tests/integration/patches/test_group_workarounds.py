"""kafka-python's members of a group still need the patches in group_workarounds.py, and have no defect with them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from kafka import OffsetAndMetadata, TopicPartition
from kafka.errors import FencedInstanceIdError, KafkaTimeoutError

from embedded.waiting import wait_until
from petalstream.broker.kafka_python import KafkaPython, clients, group_workarounds
from petalstream.broker.kafka_python.consumer import Consumer
from tests.brokers import LocalBroker
from tests.integration.patches.needed import SECONDS, assert_needed, create, without
from tests.members import Follower

# What a client does without a patch changes with its version alone.
pytestmark = pytest.mark.long

FIRST, SECOND, RECORDS = "patches.first", "patches.second", 10


@pytest.fixture(autouse=True)
def quick_rebalances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members see a rebalance and a new topic soon."""
    monkeypatch.setattr(clients, "HEARTBEAT_MS", 300)
    monkeypatch.setattr(clients, "METADATA_MS", 300)


class Members:
    """Members of a group that are closed at the end."""

    def __init__(self, servers: str) -> None:
        # A group of their own: a closed member with an instance id stays in its group until its session has expired.
        self._servers, self._group = servers, uuid.uuid4().hex
        self._closing = ExitStack()

    def __enter__(self) -> "Members":
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def add(self, name: str) -> Consumer:
        """Return a consumer that joins the group at its first poll."""
        consumer = KafkaPython().consumer(self._servers, self._group, name, SECONDS)
        self._closing.callback(consumer.close, 1)
        consumer.subscribe([FIRST, SECOND], Follower())
        return consumer


def poll(consumer: Consumer, seconds: float = 0.2) -> list[int]:
    """Return the offsets of the polled records."""
    return [record.offset for record in consumer.poll(seconds, 100)]


def poll_until_shared(*members: Consumer) -> None:
    """Poll until each member has one partition, all at once and long enough for a join to end within a poll."""
    with ThreadPoolExecutor(len(members)) as threads:

        def is_shared() -> bool:
            list(threads.map(lambda member: poll(member, 1), members))
            return all(len(member.client.assignment()) == 1 for member in members)

        wait_until(is_shared, "one partition each", SECONDS)


def takes_its_join(servers: str) -> bool:
    """Whether a member has partitions of a new topic after a join that ended between two polls, without another one."""
    create(servers, FIRST, partitions=2)
    with Members(servers) as members:
        # Polls in which a join ends, however busy the machine is: without the patches it is lost between two.
        with pytest.MonkeyPatch.context() as patient:
            patient.setattr(group_workarounds, "JOIN_MS", 1_000 * SECONDS)
            leader = members.add("a")
            wait_until(lambda: poll(leader, 1) or leader.client.assignment(), "the first member, which leads", SECONDS)
            other = members.add("b")
            poll_until_shared(leader, other)
        create(servers, SECOND, partitions=2)

        def joins() -> bool:
            poll(leader)
            return leader.client._coordinator._join_task is not None

        wait_until(joins, "the join to begin, which waits for the other member", SECONDS)

        def has_joined() -> bool:
            poll(other)
            return leader.client._coordinator._join_task.is_done and len(other.client.assignment()) == 2

        wait_until(has_joined, "the join to end", SECONDS)
        generation = other.membership().generation_id
        poll(leader, 1)
        poll(other, 1)
        has_partitions = SECOND in {partition.topic for partition in leader.client.assignment()}
        return has_partitions and leader.membership().generation_id == generation


def test_the_client_loses_the_result_of_a_join_that_ends_between_two_polls(kafka_broker: LocalBroker) -> None:
    for patch in ("_keep_assignments", "_take_finished_joins"):
        with without(group_workarounds, patch):
            assert_needed(f"group_workarounds.{patch}", not takes_its_join(kafka_broker.servers))
        kafka_broker.delete_topics()
    assert takes_its_join(kafka_broker.servers)


def is_told_of_fencing(servers: str) -> bool:
    """Whether a poll raises after a heartbeat was refused because another member has the same instance id."""
    is_refused = False
    with Members(servers) as members:
        own, other = members.add("a"), members.add("a")
        handle = own.client._coordinator._handle_heartbeat_response

        def handle_and_note(*call: object) -> object:
            nonlocal is_refused
            try:
                return handle(*call)
            except FencedInstanceIdError:
                is_refused = True
                raise

        own.client._coordinator._handle_heartbeat_response = handle_and_note
        poll_until_shared(own)
        poll_until_shared(other)
        try:
            while not is_refused:  # pytest bounds it
                poll(own)
            for _ in range(3):
                poll(own)
        except FencedInstanceIdError:
            return True
        return False


def test_the_client_polls_on_after_another_member_has_taken_its_instance_id(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, FIRST)
    with without(group_workarounds, "_raise_fencing"):
        assert_needed("group_workarounds._raise_fencing", not is_told_of_fencing(kafka_broker.servers))
    assert is_told_of_fencing(kafka_broker.servers)


def reads_on(servers: str) -> bool:
    """Whether a member has records of the partition that stays with it while the group waits for another member."""
    with Members(servers) as members:
        own, slow, late = (members.add(name) for name in ("own", "slow", "late"))
        poll_until_shared(own, slow)

        def joins(member: Consumer) -> bool:
            poll(member)
            return member.client._coordinator._join_task is not None

        for each in (late, own):  # the group then waits for `slow`, which does not poll
            wait_until(lambda: joins(each), "the join to begin", SECONDS)  # noqa: B023
        write(servers, RECORDS)
        return any(poll(own) for _ in range(10))


def write(servers: str, records: int) -> None:
    """Write records to both partitions."""
    producer = clients.new_producer(servers, SECONDS)
    try:
        for _ in range(records):
            for partition in range(2):
                producer.send(FIRST, b"value", partition=partition)
        producer.flush(SECONDS)
    finally:
        clients.close_producer(producer, 1)


def test_the_client_returns_no_records_while_the_group_is_rebalanced(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, FIRST, partitions=2)
    with without(group_workarounds, "_read_on_while_joining"):
        assert_needed("group_workarounds._read_on_while_joining", not reads_on(kafka_broker.servers))
    assert reads_on(kafka_broker.servers)


def is_told_of_a_later_commit(broker: LocalBroker) -> bool:
    """Whether a client whose look-up of a committed offset ran out of time has the one committed since."""
    partition, group = TopicPartition(FIRST, 0), uuid.uuid4().hex
    with closing(clients.new_reader(broker.servers, group)) as other:
        other.commit({partition: OffsetAndMetadata(1, "")})
        with closing(clients.new_reader(broker.servers, group)) as own:
            assert own.committed(partition) == 1
            with broker.paused(), pytest.raises(KafkaTimeoutError):
                own.committed(partition, timeout_ms=200)
            late = own._coordinator._offset_fetch_futures.values()
            wait_until(lambda: all(each.is_done for each in late), "the late response", SECONDS)
            other.commit({partition: OffsetAndMetadata(2, "")})
            return bool(own.committed(partition) == 2)


def test_the_client_returns_a_late_response_to_the_next_look_up(kafka_broker: LocalBroker) -> None:
    create(kafka_broker.servers, FIRST)
    with without(group_workarounds, "_forget_late_offsets"):
        assert_needed("group_workarounds._forget_late_offsets", not is_told_of_a_later_commit(kafka_broker))
    assert is_told_of_a_later_commit(kafka_broker)

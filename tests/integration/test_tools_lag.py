"""The lag beside a real broker: markers of transactions, open transactions, logs that do not begin at 0."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from embedded.processes import python
from petalstream import broker
from petalstream.broker.kafka_python.clients import close_producer, new_transactional_producer
from petalstream.messages import Message
from tests.operator import commit, lag
from tests.records import flower
from tests.stack import Stack

TOPIC = "iris.requests"
REQUEST = Message(TOPIC, b"1", flower(), [])


@contextmanager
def transactions(stack: Stack) -> Iterator[KafkaProducer]:
    """A producer with transactions, of which an open one is aborted at the end."""
    producer = new_transactional_producer(stack.servers, 8, "a sender", 30)
    try:
        yield producer
    finally:
        close_producer(producer, 1)


def test_a_lag_is_zero_when_every_record_is_scored_though_the_log_ends_with_a_marker(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 6)
    with transactions(stack) as producer:
        for number in range(12):
            producer.begin_transaction()
            broker.send(producer, REQUEST._replace(key=str(number).encode()))
            producer.commit_transaction()
        producer.begin_transaction()
        broker.send(producer, REQUEST)
        producer.flush(30)
        producer.abort_transaction()
    assert lag(stack)[-1]["lag"] == "12"
    scored = {record.partition: record.offset + 1 for record in broker.read_topic(stack.servers, TOPIC)}
    commit(stack, stack.settings.consumer_group, TOPIC, scored)
    *partitions, total = lag(stack)
    assert total["lag"] == "0"
    assert sum(int(row["end"]) - int(row["committed"]) for row in partitions if row["committed"] != "-") > len(scored)


def test_records_behind_an_open_transaction_are_shown_and_a_late_log_counts_from_its_begin(
    stack: Stack,
) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    broker.create_topics(stack.servers, "rose", 1)
    stack.write([REQUEST._replace(topic="rose.requests")] * 1_100)
    with KafkaAdminClient(bootstrap_servers=stack.servers) as admin:
        admin.delete_records({TopicPartition("rose.requests", 0): 900})
    with transactions(stack) as producer:
        producer.begin_transaction()
        broker.send(producer, REQUEST)
        producer.flush(30)
        stack.write([REQUEST] * 500)
        open_one, late, total = lag(stack)
        assert (open_one["stable"], open_one["end"], open_one["lag"], open_one["blocked"]) == (
            "0",
            "501",
            "≤501",
            "501",
        )
        assert 0 <= float(open_one["seconds"]) < 60
        assert (late["begin"], late["committed"], late["end"], late["lag"]) == ("900", "-", "1100", "200")
        assert total["lag"] == "≤701"
        producer.abort_transaction()
    assert lag(stack)[0]["lag"] == "500"


def test_while_the_lag_shrinks_it_tells_the_time_to_clear(stack: Stack) -> None:
    broker.create_topics(stack.servers, "iris", 1)
    stack.write([REQUEST] * 2_500)
    looking = stack.start("lag", python("services.consumer.tools", "lag"))
    scored = 0
    while looking.process.poll() is None:
        scored += 1
        commit(stack, stack.settings.consumer_group, TOPIC, {0: scored})
    total, _, pace = stack.log("lag").read_text().splitlines()[-3:]
    assert int(total.split()[1].removeprefix("≤")) > 2_500 - scored
    assert pace.startswith("iris.requests: ")
    assert pace.endswith(" to clear")

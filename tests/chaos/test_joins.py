"""Consumers join and leave in the middle of a stream of several models."""

import signal

import pytest
from kafka import KafkaConsumer
from kafka.coordinator.assignors.range import RangePartitionAssignor

from embedded.waiting import wait_until
from petalstream.settings import Delivery
from tests.chaos.models import Models
from tests.length import Length
from tests.stack import ways

pytestmark = pytest.mark.timeout(300)
MODELS = ("iris", "rose", "lily", "tulip")
SECONDS = 60
BAD = ("new Kafka consumer", "waits and writes again", "Traceback", " ERROR ")


@ways(short=Delivery.EXACTLY_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_consumer_that_joins_or_leaves_repeats_nothing_and_restarts_no_client(
    models: Models, delivery: Delivery, length: Length
) -> None:
    for model in MODELS:
        models.create_topics(model)
    consumers = {"first": models.stack.consume("first", delivery=delivery)}
    rounds, sent = length.count(short=1, full=2), 0

    def send_and_settle() -> None:
        nonlocal sent
        for model in MODELS:
            models.send(model, 200, first=sent)
        sent += 200

    send_and_settle()
    models.settled(*MODELS)
    for number in range(rounds):
        name = f"joining-{number}"
        send_and_settle()
        consumers[name] = models.stack.consume(name, delivery=delivery)
        while "->" not in models.stack.log(name).read_text():  # it has partitions of its own
            send_and_settle()
            wait_until(lambda: models.settled(*MODELS), "outcomes", SECONDS)
        send_and_settle()
        consumers[name].process.send_signal(signal.SIGTERM)
        assert consumers[name].process.wait(SECONDS) == 0
        send_and_settle()
        models.settled(*MODELS)
    for found in models.settled(*MODELS):
        assert (found.predicted, found.duplicates) == (sent, 0)
    for name in consumers:
        bad = [line for line in models.stack.log(name).read_text().splitlines() if any(word in line for word in BAD)]
        assert bad == [], name


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_beside_consumers_of_an_older_version_a_new_one_says_what_to_do_and_goes_on_when_they_have_stopped(
    models: Models, delivery: Delivery
) -> None:
    models.send("iris", 20)
    stack = models.stack
    older = KafkaConsumer(
        "iris.requests",
        bootstrap_servers=stack.servers,
        group_id=stack.settings.consumer_group,
        partition_assignment_strategy=[RangePartitionAssignor],
        enable_auto_commit=False,
    )
    try:
        wait_until(lambda: older.poll(500) or older.assignment(), "the older consumer's partitions", SECONDS)
        stack.consume(delivery=delivery)

        def is_told() -> bool:
            older.poll(100)
            return "another assignment strategy" in stack.log("consumer").read_text()

        wait_until(is_told, "what to do", SECONDS)
    finally:
        older.close()
    assert models.settled("iris")[0].predicted == 20

"""One record with a fault: it becomes a dead letter, or is predicted, and no other record of any model waits for it."""

import json
import re
from collections import Counter

import pytest
from kafka import KafkaAdminClient

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from petalstream.model.bundle import Bundle
from petalstream.settings import Delivery
from tests.chaos.faulty import KILLS, Faults
from tests.chaos.models import PARTITIONS, SECONDS, Models
from tests.length import Length
from tests.records import FLOWER
from tests.stack import confluent_in_long_runs, ways

pytestmark = pytest.mark.timeout(300)
GOOD = 100
# What the clients for Kafka say of a record that a topic does not take.
NO_KEY = re.compile(r"invalid.?record|validate record|without key", re.IGNORECASE)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def create_topic(models: Models, topic: str, **configs: object) -> None:
    """Create a topic with a configuration of its own."""
    named = {name.replace("_", "."): str(value) for name, value in configs.items()}
    admin = KafkaAdminClient(bootstrap_servers=models.stack.servers)
    try:
        admin.create_topics({topic: {"num_partitions": PARTITIONS, "configs": named}}, wait_for_metadata=True)
    finally:
        admin.close()


def delete_topic(models: Models, topic: str) -> None:
    """Delete a topic, and wait until the broker no longer lists it."""
    admin = KafkaAdminClient(bootstrap_servers=models.stack.servers)
    try:
        admin.delete_topics([topic])
        wait_until(lambda: topic not in admin.list_topics(), f"{topic} to be deleted", SECONDS)
    finally:
        admin.close()


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_record_that_the_broker_refuses_is_a_dead_letter_with_the_brokers_words(
    models: Models, delivery: str
) -> None:
    create_topic(models, "rose.predictions", cleanup_policy="compact")
    models.send("rose", key=None)
    models.send("iris", GOOD)
    models.stack.consume(delivery=delivery)
    models.settled("iris")
    models.send("rose", GOOD)
    iris, rose = models.settled("iris", "rose")
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    assert (rose.predicted, rose.dead_lettered) == (GOOD, 1)
    assert delivery == Delivery.AT_LEAST_ONCE or rose.duplicates == 0
    (letter,) = models.dead_letters("rose")
    assert (letter.record.key, json.loads(letter.record.value or b"")) == (None, FLOWER)
    assert NO_KEY.search(letter.message), letter.message


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_record_that_makes_the_api_close_the_connection_is_found_and_dies_alone(
    models: Models, delivery: str
) -> None:
    models.closes = lambda body: b"%.1f" % KILLS in body
    models.send("rose", GOOD // 2)
    models.send("rose", key="bad", petal_width=KILLS)
    models.send("rose", GOOD // 2, first=GOOD // 2)
    models.send("iris", GOOD)
    models.stack.consume(delivery=delivery)
    iris, rose = models.settled("iris", "rose")
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (GOOD, 1, 0)
    (letter,) = models.dead_letters("rose")
    assert (letter.record.key, letter.reason) == (b"bad0", "rejected")
    assert "closed the connection three times" in letter.message


@pytest.mark.long
@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_record_that_kills_the_worker_each_time_is_found_and_dies_alone(models: Models, delivery: str) -> None:
    models.send("rose", GOOD)
    models.send("rose", key="bad", petal_width=KILLS)
    models.send("iris", GOOD)
    models.stack.consume(delivery=delivery)
    iris, rose = models.settled("iris", "rose", seconds=2 * SECONDS)
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (GOOD, 1, 0)
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    assert [letter.record.key for letter in models.dead_letters("rose")] == [b"bad0"]


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_worker_that_is_killed_in_mid_request_buries_no_record(models: Models, delivery: str, length: Length) -> None:
    models.create_topics("iris", "rose")
    models.stack.consume(delivery=delivery)
    for killed in range(length.count(short=1, full=5)):
        models.set("rose", Faults(kills_once=True))
        for model in ("rose", "iris"):
            models.send(model, GOOD, first=killed * GOOD)
        for found in models.settled("iris", "rose"):
            assert (found.dead_lettered, found.duplicates) == (0, 0)


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_outcomes_that_a_topic_does_not_take_are_dead_letters_and_no_outcome_comes_more_than_twice(
    models: Models, delivery: str, length: Length
) -> None:
    good, large = length.count(short=100, full=400), 20
    create_topic(models, "rose.predictions", max_message_bytes=2_000)
    models.send("rose", good // 2)
    models.send("rose", large, key="k" * 3_000)
    models.send("rose", good // 2, first=good // 2)
    models.send("iris", GOOD)
    models.stack.consume(delivery=delivery)
    iris, rose = models.settled("iris", "rose")
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    assert (rose.predicted, rose.dead_lettered) == (good, large)
    assert most_copies(models, "rose") <= (2 if delivery == Delivery.AT_LEAST_ONCE else 1)
    letters = models.dead_letters("rose")
    assert {letter.reason for letter in letters} == {"too_large"}
    assert {len(letter.record.key or b"") > 3_000 for letter in letters} == {True}
    assert "a new Kafka consumer" not in models.stack.log("consumer").read_text()

    delete_topic(models, "rose.predictions")
    create_topic(models, "rose.predictions", max_message_bytes=100_000)
    models.send("rose", large, key="n" * 3_000)
    wait_until(lambda: predicted(models, "rose") >= large, f"{large} predictions in the new topic", SECONDS)
    assert len(models.dead_letters("rose")) == len(letters)


def predicted(models: Models, model: str) -> int:
    """Count the requests to a model that have a prediction in its topic."""
    return models.summary(model).predicted


def most_copies(models: Models, model: str) -> int:
    """Return how many outcomes the request with the most of them has."""
    copies: Counter[tuple[bytes | None, bytes | None]] = Counter()
    for kind, prefix in (("predictions", "source"), ("dead-letters", "dead_letter")):
        for record in broker.read_topic(models.stack.servers, f"{model}.{kind}"):
            headers = dict(record.headers)
            copies[headers[f"{prefix}_partition"], headers[f"{prefix}_offset"]] += 1
    return max(copies.values())


@confluent_in_long_runs
def test_a_byte_order_mark_and_a_null_for_an_unused_feature_are_scored(models: Models, heart_failure: Bundle) -> None:
    _, features, _ = next(iter(heart_failure.test_set()))
    patient = {**features, "diabetes": None, "sex": None}
    models.create_topics("iris", "heart_failure")
    models.stack.write(
        [
            Message("iris.requests", b"mark", BYTE_ORDER_MARK + json.dumps(FLOWER).encode(), []),
            Message("iris.requests", b"plain", json.dumps(FLOWER).encode(), []),
            Message("heart_failure.requests", b"null", json.dumps(patient).encode(), []),
            Message("heart_failure.requests", b"mark", BYTE_ORDER_MARK + json.dumps(patient).encode(), []),
        ]
    )
    models.stack.consume()
    for found in models.settled("iris", "heart_failure"):
        assert (found.predicted, found.dead_lettered) == (2, 0)

"""A consumer is asked to stop while every model is slow, and two consumers that have one id."""

import signal
import time

import pytest

from embedded.waiting import wait_until
from petalstream.settings import Delivery
from tests.chaos.faulty import Faults
from tests.chaos.models import FAULTY, Models
from tests.length import Length
from tests.stack import ways

pytestmark = pytest.mark.timeout(300)
STOP_SECONDS = 10
RECORDS = 50
TWINS_SECONDS = 15


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_a_consumer_asked_to_stop_while_four_models_are_slow_ends_in_time_and_repeats_nothing(
    models: Models, delivery: str, length: Length
) -> None:
    for model in FAULTY:
        models.set(model, Faults(seconds_a_call=length.seconds(short=3, full=4)))
        models.send(model, RECORDS)
    consumer = models.stack.consume(delivery=delivery)
    wait_until(lambda: sum(models.asked.values()), "a request to be in flight", STOP_SECONDS)
    began = time.monotonic()
    consumer.process.send_signal(signal.SIGTERM)
    assert consumer.process.wait(2 * STOP_SECONDS) == 0
    assert time.monotonic() - began < STOP_SECONDS
    log = models.stack.log("consumer").read_text()
    assert ("Traceback" in log, "Thread 0x" in log) == (False, False)

    for model in FAULTY:
        models.set(model, Faults())
    models.stack.consume(delivery=delivery)
    for found in models.settled(*FAULTY):
        assert (found.predicted, found.duplicates) == (RECORDS, 0)


@pytest.mark.long
@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.EXACTLY_ONCE)
def test_consumers_with_one_id_say_so_once_and_one_goes_on_when_the_other_ends(models: Models, delivery: str) -> None:
    models.send("iris", RECORDS)
    names = ("one", "two")
    twins = [models.stack.consume(name, consumer_instance_id="twin", delivery=delivery) for name in names]
    deadline = time.monotonic() + TWINS_SECONDS
    wait_until(
        lambda: time.monotonic() > deadline or any(twin.process.poll() is not None for twin in twins),
        "the twins to meet",
        2 * TWINS_SECONDS,
    )
    assert [twin.process.poll() for twin in twins] == [None, None]
    said = [models.stack.log(name).read_text().count("CONSUMER_INSTANCE_ID") for name in names]
    assert sum(said) >= 1
    assert max(said) <= 1
    twins[0].process.send_signal(signal.SIGTERM)
    assert twins[0].process.wait(2 * STOP_SECONDS) == 0
    models.send("iris", RECORDS, first=RECORDS)
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.dead_lettered) == (2 * RECORDS, 0)

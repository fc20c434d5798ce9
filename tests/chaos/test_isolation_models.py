"""One model with a fault: its records wait, and those of the other model go on as if it were alone."""

import statistics
import time

import pytest
import requests

from embedded.processes import end
from petalstream import broker
from petalstream.messages import Message
from petalstream.settings import Delivery
from tests.chaos.faulty import FAILS, HANG_SECONDS, HANGS, Faults
from tests.chaos.models import Models
from tests.length import Length
from tests.stack import FLOWER, confluent_in_long_runs, ways

pytestmark = pytest.mark.timeout(600)
GOOD, FEW = 100, 10
TIMEOUT = HANG_SECONDS / 6
BACKLOG = 750  # as many as a consumer asks for in one request
# For 20 poison records in one batch up to 281 were counted. Polls may split the backlog into more batches, which are
# searched one by one.
MOST_REQUESTS = BACKLOG // 2


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_model_that_is_too_slow_for_a_whole_batch_gets_smaller_ones(
    models: Models, delivery: str, length: Length
) -> None:
    models.set("rose", Faults(seconds_a_row=length.seconds(short=0.003, full=0.01)))
    models.send("rose", BACKLOG)
    models.send("iris", GOOD)
    models.stack.consume(delivery=delivery, api_timeout=length.seconds(short=0.4, full=2))
    for found, sent in zip(models.settled("iris", "rose"), (GOOD, BACKLOG), strict=True):
        assert (found.predicted, found.dead_lettered, found.duplicates) == (sent, 0, 0)


@confluent_in_long_runs
def test_a_record_that_always_times_out_and_an_unknown_model_wait_until_they_are_given_up(
    models: Models, length: Length
) -> None:
    models.create_topics("iris")
    models.send("rose", key="hangs", petal_width=HANGS)
    models.send("rose", FEW)
    models.send("orchid", FEW)
    listed = {"consumer_models": "iris,rose,orchid"}
    consumer = models.stack.consume(api_timeout=TIMEOUT, **listed)
    for model in ("rose", "orchid"):
        models.await_asked(model, length.count(short=4, full=10))
    models.send("iris", GOOD)
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.duplicates) == (GOOD, 0)
    assert [models.summary(model).dead_lettered for model in ("iris", "rose", "orchid")] == [0, 0, 0]
    end(consumer.process)

    models.stack.consume(api_timeout=TIMEOUT, consumer_give_up_seconds=1, **listed)
    rose, orchid = models.settled("rose", "orchid")
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (FEW, 1, 0)
    assert (orchid.predicted, orchid.dead_lettered, orchid.duplicates) == (0, FEW, 0)
    assert [(letter.record.key, letter.reason) for letter in models.dead_letters("rose")] == [
        (b"hangs0", "unavailable")
    ]
    assert {letter.reason for letter in models.dead_letters("orchid")} == {"unknown_model"}


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_fast_model_is_about_as_fast_beside_a_slow_one_as_alone(
    models: Models, delivery: str, length: Length
) -> None:
    slow, records = length.seconds(short=1, full=3), length.count(short=25, full=150)
    for model in ("iris", "rose"):
        models.send(model)
    models.stack.consume(delivery=delivery)
    models.settled("iris", "rose")
    models.set("rose", Faults(seconds_a_call=slow))
    alone = latency(models, "alone", records, "iris")
    beside = latency(models, "beside", records, "rose", "iris")
    assert models.asked["rose"] > 2
    print(f"median latency {alone:.3f} s alone, {beside:.3f} s beside a model that takes {slow:g} s")
    assert beside <= 3 * alone + slow / 5


def latency(models: Models, key: str, records: int, *names: str) -> float:
    """Write records to each model twenty times a second; return Iris' median seconds from request to prediction."""
    producer = broker.new_producer(models.stack.servers, 30)
    try:
        for number in range(records):
            for name in names:
                broker.send(producer, Message(f"{name}.requests", f"{key}{number}".encode(), FLOWER, []))
            producer.flush()
            time.sleep(0.05)  # the rate of this scenario
    finally:
        broker.close_producer(producer, 5)
    models.settled("iris")
    written, predicted = (times(models, f"iris.{kind}", key) for kind in ("requests", "predictions"))
    assert len(written) == records
    return statistics.median(predicted[number] - at for number, at in written.items()) / 1000


def times(models: Models, topic: str, key: str = "") -> dict[bytes, int]:
    """Return when the records whose keys begin with `key` were written, in milliseconds."""
    read = [(record.key or b"", record.timestamp) for record in broker.read_topic(models.stack.servers, topic)]
    return {found: at for found, at in read if found.startswith(key.encode())}


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_model_that_fails_each_time_waits_and_delays_no_other(models: Models, delivery: str, length: Length) -> None:
    models.set("rose", Faults(fails=True))
    models.create_topics("iris")
    models.send("rose", length.count(short=60, full=BACKLOG))
    models.stack.consume(delivery=delivery)
    models.await_asked("rose", 2)
    models.send("iris", GOOD)
    (iris,) = models.settled("iris", seconds=20)
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    models.await_asked("rose", length.count(short=20, full=60))
    waiting = models.summary("rose")
    assert (waiting.predicted, waiting.dead_lettered) == (0, 0)
    models.set("rose", Faults())
    (rose,) = models.settled("rose")
    assert (rose.predicted, rose.duplicates) == (rose.sent, 0)


@pytest.mark.long
@pytest.mark.parametrize("poison", [2, 20])
def test_records_that_fail_each_time_are_found_among_many_with_few_requests(models: Models, poison: int) -> None:
    for number in range(poison):
        models.send("rose", BACKLOG // poison - 1, first=number * BACKLOG)
        models.send("rose", first=number, key="poison", petal_width=FAILS)
    models.send("iris", GOOD)
    models.stack.consume()
    iris, rose = models.settled("iris", "rose", seconds=120)
    assert (iris.predicted, iris.dead_lettered, iris.duplicates) == (GOOD, 0, 0)
    assert (rose.predicted, rose.dead_lettered, rose.duplicates) == (rose.sent - poison, poison, 0)
    letters = models.dead_letters("rose")
    assert sorted(letter.record.key or b"" for letter in letters) == sorted(b"poison%d" % n for n in range(poison))
    assert {letter.reason for letter in letters} == {"rejected"}
    assert max(times(models, "iris.predictions").values()) < min(times(models, "rose.dead-letters").values())
    print(f"{models.asked['rose']} requests for {poison} poison records among {rose.sent}")
    assert models.asked["rose"] < MOST_REQUESTS


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_a_model_that_is_unloaded_for_a_while_costs_no_record_and_delays_no_other(
    models: Models, delivery: str, length: Length
) -> None:
    repository = f"{models.api.url}/v2/repository/models/iris"
    requests.post(f"{repository}/unload", timeout=10).raise_for_status()
    try:
        models.create_topics("rose")
        models.send("iris", length.count(short=200, full=2_000))
        models.stack.consume(delivery=delivery)
        models.await_asked("iris", length.count(short=2, full=5))
        models.send("rose", GOOD)
        (rose,) = models.settled("rose")
        assert (rose.predicted, rose.duplicates) == (GOOD, 0)
        waiting = models.summary("iris")
        assert (waiting.predicted, waiting.dead_lettered) == (0, 0)
    finally:
        requests.post(f"{repository}/load", timeout=10).raise_for_status()
    (iris,) = models.settled("iris")
    assert (iris.predicted, iris.duplicates) == (iris.sent, 0)

"""The consumer reads the requests of the api's models, as they come and go, and no other topic."""

import shutil

import confluent_kafka
import requests
from confluent_kafka.admin import AdminClient

from embedded.processes import end
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from tests.integration.test_tools import published
from tests.stack import FLOWER, Stack, confluent_in_long_runs

SECONDS = 60


def send(stack: Stack, model: str, count: int = 5) -> None:
    """Write requests to a model, whose topics need not be there yet."""
    broker.create_topics(stack.servers, model, 2)
    stack.write([Message(f"{model}.requests", str(number).encode(), FLOWER, []) for number in range(count)])


def predicted(stack: Stack, model: str) -> int:
    """How many predictions of the model there are."""
    return len({record.key for record in broker.read_topic(stack.servers, f"{model}.predictions")})


def await_predictions(stack: Stack, model: str, count: int = 5) -> None:
    """Wait until so many requests of the model have their predictions."""
    wait_until(lambda: predicted(stack, model) == count, f"{count} predictions of {model}", SECONDS)


def unread(stack: Stack, model: str) -> bool:
    """Whether the group has committed nothing of the model's requests."""
    lags = broker.lags(stack.servers, stack.settings.consumer_group, rf"{model}\.requests")
    return all(not lag.committed for lag in lags)


def topics(stack: Stack) -> set[str]:
    """The topics of this cluster."""
    return set(AdminClient({"bootstrap.servers": stack.servers}).list_topics(timeout=SECONDS).topics)


@confluent_in_long_runs
def test_a_topic_of_others_that_ends_in_requests_is_left_alone(stack: Stack) -> None:
    broker.create_topics(stack.servers, "payments", 2)
    admin = AdminClient({"bootstrap.servers": stack.servers})
    for deleted in admin.delete_topics(["payments.predictions", "payments.dead-letters"]).values():
        deleted.result(SECONDS)
    payments = confluent_kafka.Producer({"bootstrap.servers": stack.servers, "compression.type": "lz4"})
    payments.produce("payments.requests", b"secret")
    assert payments.flush(SECONDS) == 0
    send(stack, "iris")
    stack.use_shared_api()
    consumer = stack.consume()
    await_predictions(stack, "iris")
    assert consumer.process.poll() is None
    assert {name for name in topics(stack) if name.startswith("payments")} == {"payments.requests"}
    assert unread(stack, "payments")


@confluent_in_long_runs
def test_models_that_come_and_go_while_the_stream_runs_are_followed(stack: Stack) -> None:
    both, own = published(stack, "iris", "rose"), published(stack, "iris")
    api = stack.start_api(models_dir=own)
    send(stack, "iris")
    consumer, log = stack.consume(), stack.log("consumer")
    await_predictions(stack, "iris")
    shutil.copytree(both / "rose", own / "rose")
    send(stack, "rose")
    await_predictions(stack, "rose")

    assert requests.post(f"{stack.settings.api_url}/v2/repository/models/rose/unload", timeout=10).ok
    send(stack, "rose", 6)
    wait_until(lambda: "rose: rose is not served" in log.read_text(), "the lane of rose to wait for it", SECONDS)
    (own / "rose" / "current").rename(own / "rose" / "away")
    wait_until(lambda: "the api has no rose any more" in log.read_text(), "rose to be gone", SECONDS)
    send(stack, "iris", 10)
    await_predictions(stack, "iris", 10)
    assert predicted(stack, "rose") == 5

    end(api.process)  # an api that is away takes no model with it
    stack.start_api(models_dir=both)
    await_predictions(stack, "rose", 6)
    assert consumer.process.poll() is None
    assert broker.record_count(stack.servers, "rose.dead-letters") == 0


def test_a_consumer_that_starts_before_the_api_waits_for_it_and_says_so(stack: Stack) -> None:
    send(stack, "iris")
    stack.consume()
    said = "does not list its models: [Errno 111] Connection refused; the consumer waits for the list"
    wait_until(lambda: said in stack.log("consumer").read_text(), "the consumer to say that it waits", SECONDS)
    stack.start_api()
    await_predictions(stack, "iris")


@confluent_in_long_runs
def test_a_killed_consumer_that_comes_back_for_one_more_model_reads_its_requests(stack: Stack) -> None:
    stack.start_api(models_dir=published(stack, "iris", "rose"))
    for model in ("iris", "rose"):
        send(stack, model)
    killed = stack.consume(consumer_models="iris")
    await_predictions(stack, "iris")
    assert unread(stack, "rose")
    stack.kill(killed)
    stack.consume(consumer_models="iris,rose")
    await_predictions(stack, "rose")

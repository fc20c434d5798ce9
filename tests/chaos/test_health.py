"""What the consumer says of its lanes while one runs and each of the others waits for something else."""

import functools

from kafka import KafkaAdminClient

from embedded.ports import free_port
from embedded.waiting import wait_until
from services.consumer.condition import Condition
from tests.brokers import paused
from tests.chaos.models import PARTITIONS, SECONDS, Models
from tests.consumer_health import ConsumerHealth
from tests.stack import confluent_in_long_runs

BATCH, LIMIT = 10, 20
RECORDS = 30 * BATCH  # more than an inbox has room for
STATES = {
    "iris": Condition.RUNNING,
    "rose": Condition.OVER_DEAD_LETTER_LIMIT,
    "tulip": Condition.WAITING_FOR_TOPIC,
    "orchid": Condition.WAITING_FOR_API,  # which does not know it
}


def refuse_all_outcomes(models: Models, model: str) -> None:
    """Create topics for the model's outcomes that take no message of more than a few bytes."""
    admin = KafkaAdminClient(bootstrap_servers=models.stack.servers)
    tiny = {"num_partitions": PARTITIONS, "configs": {"max.message.bytes": "10"}}
    try:
        admin.create_topics({f"{model}.predictions": tiny, f"{model}.dead-letters": tiny}, wait_for_metadata=True)
    finally:
        admin.close()


def state(health: ConsumerHealth, model: str) -> Condition | None:
    """The only state in which a model's lane is, None if it has no lane."""
    found = [each for each in Condition if health.value("lane_state", model=model, state=each) == 1]
    return found[0] if len(found) == 1 else None


@confluent_in_long_runs
def test_each_lane_has_its_state_and_its_lag_and_a_lane_that_waits_leaves_the_consumer_healthy(models: Models) -> None:
    refuse_all_outcomes(models, "tulip")
    for model in STATES:
        if model != "rose":
            models.send(model, RECORDS)
    models.send("rose", RECORDS, colour=1)
    health = ConsumerHealth(free_port())
    consumer = models.stack.consume(
        consumer_models=",".join(STATES),
        consumer_health_port=health.port,
        consumer_batch_records=BATCH,
        consumer_dead_letters_in_a_row=LIMIT,
    )
    wait_until(health.is_ready, "the consumer to be ready", SECONDS)
    wait_until(lambda: {name: state(health, name) for name in STATES} == STATES, "the state of each lane", SECONDS)
    for name, lag in (("iris", 0), ("tulip", RECORDS), ("orchid", RECORDS)):
        has_lag = functools.partial(lambda name, lag: health.value("lag_records", model=name) == lag, name, lag)
        wait_until(has_lag, f"a lag of {lag} records of {name}", SECONDS)
    assert health.value("behind_seconds", model="iris") == 0
    assert (health.value("behind_seconds", model="orchid") or 0) > 0
    assert health.value("assigned_partitions", model="orchid") == PARTITIONS
    assert health.value("predictions_total", model="iris") == RECORDS
    dead = health.value("dead_letters_total", model="rose", reason="unknown_feature")
    assert dead == models.summary("rose").dead_lettered
    assert LIMIT <= dead < RECORDS
    assert health.value("lag_records", model="rose") == RECORDS - dead
    assert health.value("dead_letters_total", model="orchid", reason="unknown_model") == 0
    assert health.value("pauses_total", model="rose") == 1
    assert (health.value("api_outages_total", model="orchid") or 0) >= 1
    assert (health.value("producer_restarts_total", model="tulip") or 0) >= 1

    assert health.get("/ready") == (200, {"status": "ready"})
    assert health.get("/health") == (200, {"status": "alive"})
    assert health.probe() == (0, "")
    with paused(consumer):
        code, said = health.probe()
    assert code == 1
    assert f"GET /health on port {health.port} failed: timed out" in said

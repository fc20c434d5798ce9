"""Every metric of the consumer, with the sentence that Prometheus shows; docs/monitoring.md has the same list."""

import functools
from collections import Counter as Counts
from collections.abc import Callable, Sequence

from prometheus_client import Counter, Gauge, Histogram

from petalstream.messages import model_of
from petalstream.reasons import Fault, Reason
from services.consumer.condition import Condition
from services.consumer.scoring.outcomes import Outcome

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

READY = Gauge("petalstream_consumer_ready", "1 while the consumer can read records, as GET /ready says; else 0.")
PREDICTED = Counter("petalstream_consumer_predictions", "Predictions that the broker acknowledged.", ["model"])
DEAD = Counter(
    "petalstream_consumer_dead_letters", "Dead letters that the broker acknowledged, by reason.", ["model", "reason"]
)
SKIPPED = Counter(
    "petalstream_consumer_skipped_records",
    "Offsets that got no outcome: Kafka no longer had them when they were to be read.",
    ["model"],
)
JUMPS = Counter(
    "petalstream_consumer_offset_jumps",
    "Times that reading went on elsewhere in a partition than where the group had read to.",
    ["cause"],
)
LAG = Gauge(
    "petalstream_consumer_lag_records",
    "Records of this consumer's partitions that have no outcome yet, up to the last stable offset.",
    ["model"],
)
BEHIND = Gauge(
    "petalstream_consumer_behind_seconds",
    "Age of the oldest polled record that has no outcome yet, by its own timestamp; 0 without one.",
    ["model"],
)
ASSIGNED = Gauge(
    "petalstream_consumer_assigned_partitions", "Partitions of the model's requests that this consumer has.", ["model"]
)
LANE_STATE = Gauge(
    "petalstream_consumer_lane_state", "1 for the state that the lane is in, else 0.", ["model", "state"]
)
BATCH_LIMIT = Gauge(
    "petalstream_consumer_batch_limit_records", "The most records that the lane asks the api about at once.", ["model"]
)
OUTAGES = Counter("petalstream_consumer_api_outages", "Times that the lane had to wait for the api.", ["model"])
PAUSES = Counter("petalstream_consumer_pauses", "Times that the lane reached its limit of dead letters.", ["model"])
CLIENT_RESTARTS = Counter("petalstream_consumer_client_restarts", "Times that a new Kafka consumer was created.")
PRODUCER_RESTARTS = Counter(
    "petalstream_consumer_producer_restarts", "Times that the lane created a new Kafka producer.", ["model"]
)
BATCH_RECORDS = Histogram("petalstream_consumer_batch_records", "Records written at once.", buckets=SIZES)
BATCH_SECONDS = Histogram(
    "petalstream_consumer_batch_seconds", "Time from the beginning of a batch's scoring to its acknowledgement."
)

OF_A_LANE = (PREDICTED, SKIPPED, LAG, BEHIND, ASSIGNED, BATCH_LIMIT, OUTAGES, PAUSES, PRODUCER_RESTARTS)


def add_lane(model: str, condition: Callable[[], Condition], batch_limit: Callable[[], int]) -> None:
    """Create all series of a model's lane, at 0; `condition` and `batch_limit` are asked at each scrape."""
    for metric in OF_A_LANE:
        metric.labels(model)
    for reason in Reason:
        DEAD.labels(model, reason)
    for state in Condition:
        LANE_STATE.labels(model, state).set_function(functools.partial(_is_in, condition, state))
    BATCH_LIMIT.labels(model).set_function(batch_limit)


def _is_in(condition: Callable[[], Condition], state: Condition) -> float:
    return float(condition() is state)


def remove_lane(model: str) -> None:
    """Remove all series of a model whose lane is closed."""
    for metric in OF_A_LANE:
        metric.remove(model)
    for metric in (DEAD, LANE_STATE):
        metric.remove_by_labels({"model": model})


def count(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Count the outcomes of one model that the broker has acknowledged, `seconds` after their scoring began."""
    model = model_of(outcomes[0].record.topic)
    BATCH_RECORDS.observe(len(outcomes))
    BATCH_SECONDS.observe(seconds)
    reasons = Counts(outcome.verdict.reason for outcome in outcomes if isinstance(outcome.verdict, Fault))
    for reason, number in reasons.items():
        DEAD.labels(model, reason).inc(number)
    PREDICTED.labels(model).inc(len(outcomes) - reasons.total())


def count_jump(topic: str, cause: str, skipped: int) -> None:
    """Count that reading goes on elsewhere in a partition of `topic`, and the records that this skips."""
    JUMPS.labels(cause).inc()
    SKIPPED.labels(model_of(topic)).inc(skipped)

"""What the consumer counts, in Prometheus' format; `serve` offers it over HTTP."""

from collections import Counter as Counts
from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from petalstream.messages import model_of
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.scoring.outcomes import Outcome

PREDICTED = Counter("petalstream_consumer_predictions", "Predictions that the broker acknowledged", ["model"])
DEAD = Counter("petalstream_consumer_dead_letters", "Dead letters that the broker acknowledged", ["reason"])
OUTAGES = Counter("petalstream_consumer_api_outages", "Times that a lane had to wait for the api", ["model"])
PAUSES = Counter("petalstream_consumer_pauses", "Times that a lane reached its limit of dead letters", ["model"])
PAUSED = Gauge("petalstream_consumer_paused", "1 while a lane is paused for its dead letters", ["model"])
CLIENT_RESTARTS = Counter("petalstream_consumer_client_restarts", "Times that a new Kafka consumer was created")
SKIPPED = Counter("petalstream_consumer_skipped_records", "Records that were deleted before they were read", ["model"])
JUMPS = Counter("petalstream_consumer_offset_jumps", "Times that reading went on elsewhere in a partition", ["cause"])
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BATCH_RECORDS = Histogram("petalstream_consumer_batch_records", "Records written at once", buckets=SIZES)
BATCH_SECONDS = Histogram("petalstream_consumer_batch_seconds", "From a batch's scoring to its acknowledgement")

for _reason in Reason:
    DEAD.labels(_reason)  # there from the start, at 0


def count(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Count the outcomes of one model that the broker has acknowledged, `seconds` after their scoring began."""
    BATCH_RECORDS.observe(len(outcomes))
    BATCH_SECONDS.observe(seconds)
    reasons = Counts(outcome.verdict.reason for outcome in outcomes if isinstance(outcome.verdict, Fault))
    for reason, number in reasons.items():
        DEAD.labels(reason).inc(number)
    PREDICTED.labels(model_of(outcomes[0].record.topic)).inc(len(outcomes) - reasons.total())


def count_jump(topic: str, cause: str, skipped: int) -> None:
    """Count that reading goes on elsewhere in a partition of `topic`, and the records that this skips."""
    JUMPS.labels(cause).inc()
    SKIPPED.labels(model_of(topic)).inc(skipped)


def serve(host: str, port: int) -> None:
    """Answer GET /metrics on `port` in a thread of its own; port 0: not at all. Raises OSError."""
    if port:
        start_http_server(port, host)

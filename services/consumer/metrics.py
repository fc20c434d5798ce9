"""What the consumer counts, in Prometheus' form; `serve` offers it over HTTP."""

from collections import Counter as Counts
from collections.abc import Sequence

from prometheus_client import Counter, Histogram, start_http_server

from petalstream.messages import model_of
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.scoring.outcomes import Outcome

PREDICTED = Counter("petalstream_consumer_predictions", "Predictions that the broker acknowledged", ["model"])
DEAD = Counter("petalstream_consumer_dead_letters", "Dead letters that the broker acknowledged", ["reason"])
OUTAGES = Counter("petalstream_consumer_api_outages", "Times that a batch had to wait for the api")
REOPENED = Counter("petalstream_consumer_reopened", "Times that the Kafka clients were made anew")
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BATCH_RECORDS = Histogram("petalstream_consumer_batch_records", "Records dealt with at once", buckets=SIZES)
BATCH_SECONDS = Histogram("petalstream_consumer_batch_seconds", "From a batch's poll to its commit")

for _reason in Reason:
    DEAD.labels(_reason)  # there from the start, at 0


def count(outcomes: Sequence[Outcome]) -> None:
    """Count what became of a batch, once it is committed."""
    BATCH_RECORDS.observe(len(outcomes))
    reasons = Counts(outcome.verdict.reason for outcome in outcomes if isinstance(outcome.verdict, Fault))
    topics = Counts(outcome.record.topic for outcome in outcomes if not isinstance(outcome.verdict, Fault))
    for reason, number in reasons.items():
        DEAD.labels(reason).inc(number)
    for topic, number in topics.items():
        PREDICTED.labels(model_of(topic)).inc(number)


def serve(host: str, port: int) -> None:
    """Answer GET /metrics on `port` from a thread of its own; port 0: not at all. Raises OSError."""
    if port:
        start_http_server(port, host)

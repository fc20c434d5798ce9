"""The latency of a fast model, alone and while the records of a slow model wait in the same consumer and api."""

import dataclasses
import shutil
from collections.abc import Iterator, Sequence

from benchmarks import latency, servers, slow_model, streams
from benchmarks.bench import Bench, BenchmarkError, Features, say
from benchmarks.results import OURS, Bar, Row
from benchmarks.stream_turns import PREDICTIONS, REQUESTS, consumer
from benchmarks.streams import Broker
from petalstream.messages import predictions_topic, requests_topic

RATE = 200
ALONE = "alone"
MOST_TIMES = 1.5
SLOW_REQUESTS, SLOW_PREDICTIONS = requests_topic(slow_model.NAME), predictions_topic(slow_model.NAME)
WAIT_SECONDS = 60


def measure(bench: Bench) -> Iterator[Row]:
    """The median and the 95th percentile of both cases, in milliseconds."""
    alone, beside = _rounds(_with_slow_model(bench))
    for name, part in (("p50", 50), ("p95", 95)):
        slow = f"beside a model of {slow_model.SECONDS_A_CALL} s a call"
        what = f"from send to prediction, {RATE} records/s, {slow}, {name}"
        figures = {
            OURS: [latency.percentile(found, part) for found in beside],
            ALONE: [latency.percentile(found, part) for found in alone],
        }
        yield Row(f"isolation {name}", "isolation", what, "ms", figures, [Bar(ALONE, most=MOST_TIMES)])


def _rounds(bench: Bench) -> tuple[list[list[float]], list[list[float]]]:
    """Return the latencies of each round, alone and beside the slow model, all in one consumer."""
    alone, beside = list[list[float]](), list[list[float]]()
    with streams.broker(bench) as broker, servers.running(bench, servers.api(bench)) as api:
        for topic in (REQUESTS, PREDICTIONS, SLOW_REQUESTS, SLOW_PREDICTIONS):
            broker.create(topic)
        rows = bench.samples("iris", 30)
        latency.start(bench, broker, api.url, "isolation", consumer())
        latency.await_first(broker, rows)
        if not bench.quick:
            say(f"isolation: {latency.JVM_SECONDS} s for the broker to warm up")
            latency.latencies(broker, rows, RATE, latency.JVM_SECONDS)
        seconds = latency.WARM_UP_SECONDS + 2 * bench.seconds
        for number in range(bench.rounds):
            say(f"isolation, round {number + 1} of {bench.rounds}: {RATE} records a second")
            alone.append(latency.latencies(broker, rows, RATE, seconds))
            beside.append(_beside_slow_model(broker, rows, seconds))
    return alone, beside


def _beside_slow_model(broker: Broker, rows: Sequence[Features], seconds: int) -> list[float]:
    """Return the latencies of the fast model while records of the slow one wait; then wait until those are scored.

    Raises BenchmarkError if none waited in the end.
    """
    # The measurement begins with the first prediction of the slow model. Half as many again remain for delays.
    count = int(1.5 * (seconds + slow_model.SECONDS_A_CALL) / slow_model.SECONDS_A_ROW)
    before = broker.count(SLOW_PREDICTIONS)
    broker.fill(SLOW_REQUESTS, rows, count)

    def scored() -> int:
        return broker.count(SLOW_PREDICTIONS) - before

    broker.processes.wait_until(scored, "a first prediction of the slow model", WAIT_SECONDS)
    found = latency.latencies(broker, rows, RATE, seconds)
    if scored() >= count:
        raise BenchmarkError(f"the slow model scored all {count} records before the measurement ended")
    broker.processes.wait_until(lambda: scored() >= count, f"{count} predictions of the slow model", WAIT_SECONDS)
    return found


def _with_slow_model(bench: Bench) -> Bench:
    """Return the same run with a models folder of its own: Iris, and the slow model."""
    models = bench.folder / "with-slow-model"
    shutil.copytree(bench.models_dir / "iris", models / "iris")
    slow_model.publish(models)
    return dataclasses.replace(bench, models_dir=models)

"""From the send of a request to its prediction in a reader's hands, at a steady rate that the stack keeps up with."""

import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks import servers, streams
from benchmarks.bench import Bench, BenchmarkError, Features, plain, say
from benchmarks.results import OURS, Bar, Row
from benchmarks.stream_rows import CONFLUENT, MOVER
from benchmarks.stream_turns import PREDICTIONS, REQUESTS, Contestant, consumer, mover
from benchmarks.streams import Broker
from embedded.processes import Child, end
from petalstream import settings
from petalstream.messages import write_request

RATE = 1000
WARM_UP_SECONDS, WAIT_SECONDS = 2, 30
# The JVM of a new broker compiles what it runs: half a processor's time after 25 s of this load, a tenth after 50 s.
JVM_SECONDS, QUICK_JVM_SECONDS = 60, 15
CLIENT = {"linger.ms": 0, "acks": "all", "partitioner": "murmur2_random"}


def measure(bench: Bench) -> Iterator[Row]:
    """The median and the 99th percentile, in milliseconds; the contestants take turns, each started anew."""
    measured: dict[str, list[list[float]]] = {}
    with streams.broker(bench) as broker, servers.running(bench, servers.api(bench)) as api:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic)
        rows = bench.samples("iris", 30)
        contestants = [consumer(), consumer(CONFLUENT, kafka_client="confluent"), mover(MOVER, "kafka-python")]
        _turn(bench, broker, api.url, rows, contestants[0], QUICK_JVM_SECONDS if bench.quick else JVM_SECONDS)
        for number in range(bench.rounds):
            for each in contestants:
                say(f"latency, round {number + 1} of {bench.rounds}: {each.title}")
                found = _turn(bench, broker, api.url, rows, each, WARM_UP_SECONDS + 2 * bench.seconds)
                measured.setdefault(each.title, []).append(found)
    yield from _rows(measured)


def _turn(
    bench: Bench, broker: Broker, api_url: str, rows: Sequence[Features], contestant: Contestant, seconds: int
) -> list[float]:
    """Start a contestant, return the latencies while it works, and end it."""
    child = start(bench, broker, api_url, "latency", contestant)
    try:
        await_first(broker, rows)
        return latencies(broker, rows, RATE, seconds)
    finally:
        end(child.process)
        broker.processes.forget(child)


def _rows(measured: Mapping[str, Sequence[Sequence[float]]]) -> Iterator[Row]:
    for name, part, most in (("p50", 50, 10), ("p99", 99, 50)):
        figures = {title: [percentile(each, part) for each in found] for title, found in measured.items()}
        what = f"from send to prediction, {RATE:,} records/s, {name}"
        with_kafka_python = {OURS: figures[OURS], MOVER: figures[MOVER]}
        yield Row(f"latency {name}", "latency", f"{what}, kafka-python", "ms", with_kafka_python, [Bar(most=most)])
        fast = {OURS: figures[CONFLUENT]}
        yield Row(f"latency {name} fast", "latency", f"{what}, confluent-kafka", "ms", fast, [Bar(most=most)])


def percentile(figures: Sequence[float], part: int) -> float:
    """The value below which so many hundredths of the figures are."""
    return statistics.quantiles(figures, n=100, method="inclusive")[part - 1]


def start(bench: Bench, broker: Broker, api_url: str, name: str, contestant: Contestant) -> Child:
    """Start a contestant, which ends with the broker at the latest; `name` is its group and its instance id."""
    own = {"consumer_group": name, "consumer_instance_id": name, "consumer_health_port": 0}
    environment = settings.inherited(kafka_bootstrap_servers=broker.servers, api_url=api_url, **own)
    words = {"bootstrap": broker.servers, "group": name, "requests": REQUESTS, "predictions": PREDICTIONS}
    log = bench.folder / f"{plain(contestant.title)}-{name}.log"
    environment |= dict(contestant.environment)
    return broker.processes.start(contestant.title, contestant.command(words), environment, log)


def await_first(broker: Broker, rows: Sequence[Features]) -> None:
    """Wait until the consumer has its partitions and predictions come."""
    before = broker.count(PREDICTIONS)
    broker.fill(REQUESTS, rows, 100)
    broker.processes.wait_until(lambda: broker.count(PREDICTIONS) >= before + 100, "the predictions", WAIT_SECONDS)


def latencies(broker: Broker, rows: Sequence[Features], rate: int, seconds: int) -> list[float]:
    """Milliseconds of each record that was sent after the warm-up, `rate` a second. Raises BenchmarkError."""
    sent: dict[bytes, float] = {}
    came: dict[bytes, float] = {}
    count, ready = rate * seconds, threading.Event()
    reader = threading.Thread(target=_read, args=(broker, came, count, seconds, ready), daemon=True)
    reader.start()
    if not ready.wait(WAIT_SECONDS):
        raise BenchmarkError("the reader of predictions did not begin")
    _send(broker, rows, rate, count, sent)
    reader.join(WAIT_SECONDS)
    if missing := sent.keys() - came.keys():
        raise BenchmarkError(f"{len(missing)} of {count} predictions did not come within {WAIT_SECONDS} s")
    measured = list(sent)[rate * WARM_UP_SECONDS :]
    return [(came[key] - sent[key]) * 1000 for key in measured]


def _send(broker: Broker, rows: Sequence[Features], rate: int, count: int, sent: dict[bytes, float]) -> None:
    producer = Producer({"bootstrap.servers": broker.servers, **CLIENT})
    like = [write_request("iris", "", row, None, "benchmark", datetime.now(UTC)) for row in rows]
    began, run = time.perf_counter(), time.monotonic_ns()
    for number in range(count):
        due = began + number / rate
        # Not in poll(), which turns without a pause where less than a millisecond is left, on a processor others need.
        time.sleep(max(0.0, due - time.perf_counter()))
        producer.poll(0)
        message, key = like[number % len(like)], f"{run}-{number}".encode()
        sent[key] = time.perf_counter()
        producer.produce(message.topic, message.value, key, headers=list(message.headers))
    producer.flush(WAIT_SECONDS)


def _read(broker: Broker, came: dict[bytes, float], count: int, seconds: int, ready: threading.Event) -> None:
    consumer = Consumer({"bootstrap.servers": broker.servers, "group.id": "latency-reader"})
    consumer.assign([TopicPartition(PREDICTIONS, number, end) for number, end in broker.ends(PREDICTIONS).items()])
    ready.set()
    deadline = time.monotonic() + seconds + WAIT_SECONDS
    while len(came) < count and time.monotonic() < deadline:
        record = consumer.poll(0.1)
        if record is not None and not record.error():
            came[record.key() or b""] = time.perf_counter()
    consumer.close()

"""What the processes need of the machine's memory, and whether that stays as it is over very many records."""

import dataclasses
import shutil
from collections.abc import Iterator, Sequence

import psutil

from benchmarks import http_rows, servers, stream_turns, streams
from benchmarks.bench import Bench, say
from benchmarks.results import OURS, Bar, Curve, Points, Row
from benchmarks.stream_turns import PREDICTIONS, REQUESTS
from embedded import ports
from embedded.processes import Child, python
from petalstream import settings

MEGABYTE = 1e6
REQUESTS_EACH = 200
MOST_SECONDS = 1800
RECORDS, QUICK_RECORDS = 1_000_000, 10_000
POINTS = 40  # of a curve
MOST = {"producer": 60, "consumer": 70}


def measure(bench: Bench) -> Iterator[Row | Curve]:
    """The api's workers with all models, then producer and consumer over a long stream."""
    say("memory: the api's workers")
    yield from _rows("api worker", _of_workers(bench), 120)
    lines = _of_the_stream(bench)
    for name, points in lines.items():
        settled = [megabytes for records, megabytes in points if records >= points[-1][0] / 10]
        most = max(megabytes for _, megabytes in points)
        yield Row(f"memory {name}", "memory", f"{name}, RSS, most", "MB", {OURS: [most]}, [Bar(most=MOST[name])])
        what = f"{name}, RSS, growth from a tenth to all of {short(points[-1][0])} records"
        yield Row(f"growth {name}", "memory", what, "MB", {OURS: [settled[-1] - settled[0]]}, [Bar(most=3)])
    yield Curve("memory", "Memory over a long stream", "records", "RSS, MB", lines)


def _rows(name: str, processes: Sequence[tuple[float, float]], most: float) -> Iterator[Row]:
    for kind, figures in zip(("RSS", "PSS"), zip(*processes, strict=True), strict=True):
        # What is shared with other processes is counted in full in RSS and by its share in PSS.
        bars = [Bar(most=most)] if kind == "RSS" else []
        yield Row(f"memory {name} {kind}", "memory", f"{name}, {kind}", "MB", {OURS: list(figures)}, bars)


def _of_workers(bench: Bench) -> list[tuple[float, float]]:
    """RSS and PSS of each worker once it has answered for each model."""
    server = servers.api(bench, http_rows.ours(bench))
    with servers.running(bench, server) as found:
        for question in server.questions:
            for _ in range(REQUESTS_EACH // 10 if bench.quick else REQUESTS_EACH):
                servers.check(found.url, question)
        workers = psutil.Process(found.child.process.pid).children()
        return [(worker.memory_info().rss / MEGABYTE, pss(worker)) for worker in workers]


def pss(process: psutil.Process) -> float:
    """Megabytes of its own and its share of what it shares, where the system tells; else RSS."""
    told = process.memory_full_info()
    return float(getattr(told, "pss", told.rss)) / MEGABYTE


def _of_the_stream(bench: Bench) -> dict[str, Points]:
    """Records and megabytes of producer and consumer, from a stream as fast as they are."""
    count = QUICK_RECORDS if bench.quick else RECORDS
    own = _iris_alone(bench)
    with streams.broker(own) as broker, servers.running(own, servers.api(own)) as api:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic)
        environment = settings.inherited(
            models_dir=own.models_dir,
            kafka_bootstrap_servers=broker.servers,
            api_url=api.url,
            producer_interval=0,
            consumer_instance_id="memory",
            consumer_health_port=ports.free_port(),
        )
        say(f"memory: {count:,} records")
        consumer = stream_turns.consumer().command({})
        sent = broker.processes.start("producer", python("services.producer"), environment, own.folder / "p.log")
        scored = broker.processes.start("consumer", consumer, environment, own.folder / "c.log")
        points: dict[str, list[tuple[float, float]]] = {"producer": [], "consumer": []}
        watched = (("producer", sent, REQUESTS), ("consumer", scored, PREDICTIONS))

        def enough() -> bool:
            for name, child, topic in watched:
                _look(points[name], child, broker.count(topic), count)
            return points["consumer"][-1][0] >= count

        broker.processes.wait_until(enough, f"{count:,} predictions", MOST_SECONDS)
    return dict(points)


def _look(points: list[tuple[float, float]], child: Child, records: int, count: int) -> None:
    """Add a point where enough records went through since the last one."""
    if not points or records - points[-1][0] >= count / POINTS:
        points.append((records, psutil.Process(child.process.pid).memory_info().rss / MEGABYTE))


def _iris_alone(bench: Bench) -> Bench:
    """The same with a models folder of Iris alone, so that the producer streams nothing else."""
    models = bench.folder / "iris-alone"
    shutil.copytree(bench.models_dir / "iris", models / "iris")
    return dataclasses.replace(bench, models_dir=models)


def short(count: float) -> str:
    """A number of records as a person says it."""
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count:,.0f}"

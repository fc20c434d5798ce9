"""How long it takes until something can be used: the api, the demo, the stack in Compose."""

import time
from collections.abc import Iterator

from benchmarks import servers
from benchmarks.bench import Bench, BenchmarkError, say
from benchmarks.compose import Project, why_not
from benchmarks.results import OURS, Bar, Row
from embedded.processes import Processes, python
from petalstream import settings
from petalstream.lifecycle import Stop

DEMO_SECONDS = 120


def measure(bench: Bench) -> Iterator[Row]:
    """Seconds to a ready api, to the demo's first prediction, and to a whole stack."""
    say("start: the api")
    ready = [_api(bench) for _ in range(bench.rounds)]
    yield Row("start api", "start", "api, from its start to ready", "s", {OURS: ready}, [Bar(most=1)])
    if not bench.quick:
        say("start: the demo")
        first = [_demo(bench) for _ in range(bench.rounds)]
        what = "`make demo`, to its first prediction; models trained before"
        yield Row("start demo", "start", what, "s", {OURS: first}, [Bar(most=15)])
        yield _stack(bench)


def _api(bench: Bench) -> float:
    began = time.perf_counter()
    with servers.running(bench, servers.api(bench)):
        return time.perf_counter() - began


def _demo(bench: Bench) -> float:
    """Seconds from the start of the demo to the first line of its consumer that shows a prediction."""
    environment = settings.inherited(models_dir=bench.models_dir, producer_interval=0.1)
    log = bench.folder / "demo.log"
    began = time.perf_counter()
    with Processes(Stop()) as processes:
        processes.start("the demo", python("embedded"), environment, log)
        while b"  ->  " not in log.read_bytes():
            processes.check()
            if time.perf_counter() > began + DEMO_SECONDS:
                raise BenchmarkError(f"the demo showed no prediction in {DEMO_SECONDS} s: {log.read_text()[-500:]}")
            time.sleep(0.02)
        return time.perf_counter() - began


def _stack(bench: Bench) -> Row:
    row = "start stack", "start", "`make up`, with images and bundles there", "s"
    if reason := why_not():
        return Row(*row, bars=[Bar(most=30)], missing={OURS: reason})
    with Project.of_its_own() as project:
        say("start: building the stack")
        project.make("up")
        took = []
        for _ in range(bench.rounds):
            project.make("down")
            say("start: make up")
            began = time.perf_counter()
            project.make("up")
            took.append(time.perf_counter() - began)
    return Row(*row, {OURS: took}, [Bar(most=30)])

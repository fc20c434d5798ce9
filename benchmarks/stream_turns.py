"""One turn of a contestant on the stream: it is started, works on the backlog, and is ended."""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import servers, streams
from benchmarks.bench import Bench, BenchmarkError, labels_in, numbers_in, plain
from benchmarks.peers.catalogue import StreamPeer
from benchmarks.results import OURS
from benchmarks.streams import Broker
from embedded import ports
from embedded.processes import Child, end, python
from petalstream import settings
from petalstream.settings import Settings

REQUESTS, PREDICTIONS = "iris.requests", "iris.predictions"
FIRST_SECONDS = 90
OWN_RECORDS, OWN_SECONDS = 3_000, 30


@dataclass(frozen=True)
class Contestant:
    """Who works on the requests: its command, with a new group each time it is started.

    `value` makes the body of its requests, which then come with `headers` more in a topic of its own; else they are the
    stack's own.
    `out` is a topic that it writes to whatever it is told.
    """

    title: str
    command: Callable[[Mapping[str, str]], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    out: str | None = None
    value: streams.Value | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    scores: bool = True


def turn(bench: Bench, broker: Broker, api_url: str, contestant: Contestant, name: str, members: int = 1) -> float:
    """Results a second of one contestant, or of so many of it in one group.

    Raises BenchmarkError, TimeoutError, ChildFailed.
    """
    label = plain(f"{contestant.title} {name}")
    out = contestant.out or broker.create(f"{label}-out")
    requests = broker.create(f"{label}-in") if contestant.value else REQUESTS
    words = {"bootstrap": broker.servers, "group": label, "requests": requests, "predictions": out, "api_url": api_url}
    begin, target = broker.ends(out), broker.count(requests)
    children: list[Child] = []
    try:
        for member in range(members):
            own = {"consumer_group": label, "consumer_instance_id": f"{label}-{member}", "consumer_health_port": 0}
            environment = settings.inherited(kafka_bootstrap_servers=broker.servers, api_url=api_url, **own)
            command = contestant.command(words | {"port": str(ports.free_port())})
            log = bench.folder / f"{label}-{member}.log"
            environment |= dict(contestant.environment)
            children.append(broker.processes.start(contestant.title, command, environment, log))
        if contestant.value:
            begin, target = _wake(bench, broker, contestant, requests, out)
        # A small backlog of its own is worked off: some take all of it in before they write much.
        _work(broker, out, begin, target, OWN_SECONDS if contestant.value else bench.seconds * 1.5)
    finally:
        for child in children:
            end(child.process)
            broker.processes.forget(child)
    return _judged(contestant, broker.results(out, begin))


def _wake(bench: Bench, broker: Broker, contestant: Contestant, requests: str, out: str) -> tuple[dict[int, int], int]:
    """Write requests until a first result comes, since some begin at the end of a topic, and then the backlog."""
    rows = bench.samples("iris", 30)

    def first() -> bool:
        broker.fill(requests, rows, 6, contestant.value, contestant.headers)
        return broker.count(out) > 0

    broker.processes.wait_until(first, f"a first result of {contestant.title}", FIRST_SECONDS)
    begin = broker.ends(out)
    broker.fill(requests, rows, OWN_RECORDS, contestant.value, contestant.headers)
    return begin, OWN_RECORDS


def _work(broker: Broker, out: str, begin: Mapping[int, int], target: int, seconds: float) -> None:
    """Let it work for so long, from its first result on, or until all is done."""

    def done() -> int:
        return broker.count(out) - sum(begin.values())

    broker.processes.wait_until(done, f"a first result in {out}", FIRST_SECONDS)
    with contextlib.suppress(TimeoutError):
        broker.processes.wait_until(lambda: done() >= target, f"{target} results", seconds)


def _judged(contestant: Contestant, results: Sequence[tuple[int, bytes]]) -> float:
    """The rate of the results. Raises BenchmarkError where one of the first is no prediction."""
    for _, value in results[:100] if contestant.scores else ():
        answer = json.loads(value)
        if not labels_in(answer) and not numbers_in(answer):
            raise BenchmarkError(f"{contestant.title} wrote no prediction: {value[:500]!r}")
    return streams.rate([timestamp for timestamp, _ in results])


def consumer(title: str = OURS, **overrides: object) -> Contestant:
    """Our consumer, with its settings."""
    names = {setting.name for setting in dataclasses.fields(Settings)}
    if unknown := overrides.keys() - names:
        raise BenchmarkError(f"there is no setting {', '.join(sorted(unknown)).upper()}")
    changed = {settings.variable(name): str(value) for name, value in overrides.items()}
    return Contestant(title, lambda words: python("services.consumer"), changed, out=PREDICTIONS)


def mover(title: str, client: str) -> Contestant:
    """A client that moves the same records unscored."""

    def command(words: Mapping[str, str]) -> list[str]:
        return python(
            "benchmarks.movers", client, *(words[n] for n in ("bootstrap", "group", "requests", "predictions"))
        )

    return Contestant(title, command, scores=False)


def peer(bench: Bench, found: StreamPeer) -> Contestant:
    """A peer in its own environment, which is made here where it is not there yet."""
    known = servers.places(bench, found.name)
    command = functools.partial(_filled, found.command, known)
    return Contestant(found.title, command, value=found.value, headers=found.headers)


def _filled(command: Sequence[str], known: Mapping[str, str], words: Mapping[str, str]) -> list[str]:
    return [word.format(**known, **words) for word in command]

"""Predictions on the stream: our consumer beside its own client unscored, and beside the peers."""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import servers, streams
from benchmarks.bench import FAILURES, Bench, BenchmarkError, labels_in, numbers_in, say
from benchmarks.peers import catalogue
from benchmarks.peers.catalogue import StreamPeer
from benchmarks.results import OURS, Bar, Row
from benchmarks.streams import Broker
from embedded import ports
from embedded.processes import Child, end, python
from petalstream import settings
from petalstream.settings import Settings

REQUESTS, PREDICTIONS = "iris.requests", "iris.predictions"
FIRST_SECONDS = 90
CONFLUENT, EXACTLY_ONCE = "Petalstream with confluent-kafka", "Petalstream exactly once"
MOVER, FAST_MOVER = "kafka-python, unscored", "confluent-kafka, unscored"
# The peers that a bar names, and how many times faster the consumer is to be: with kafka-python, with confluent-kafka.
BARS = {"naive": 30, "mlserver_kafka": 12, "quix": 5}
FAST_BARS = {"bytewax": 1, "faststream": 1}


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


def measure(bench: Bench) -> Iterator[Row]:
    """The rows of this section; contestants take turns on the same backlog, each started anew."""
    contestants, missing = _contestants(bench)
    measured: dict[str, list[float]] = {}
    with streams.broker(bench) as broker, servers.running(bench, servers.api(bench)) as api:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic)
        count = 40_000 if bench.quick else 200_000
        say(f"stream: writing {count:,} requests")
        broker.fill(REQUESTS, bench.samples("iris", count), count)
        for number in range(bench.rounds):
            for each in [each for each in contestants if each.title not in missing]:
                say(f"stream, round {number + 1} of {bench.rounds}: {each.title}")
                try:
                    rate = turn(bench, broker, api.url, each, f"{number}")
                except FAILURES as error:
                    if each.title.startswith(OURS):
                        raise
                    missing[each.title] = str(error)
                else:
                    measured.setdefault(each.title, []).append(rate)
    yield from _rows(measured, missing)


def turn(bench: Bench, broker: Broker, api_url: str, contestant: Contestant, name: str, members: int = 1) -> float:
    """Results a second of one contestant, or of so many of it in one group.

    Raises BenchmarkError, TimeoutError, ChildFailed.
    """
    label = f"{contestant.title} {name}".replace(" ", "-").replace(",", "").lower()
    out = contestant.out or broker.create(f"{label}-out")
    requests = broker.create(f"{label}-in") if contestant.value else REQUESTS
    words = {"bootstrap": broker.servers, "group": label, "requests": requests, "predictions": out, "api_url": api_url}
    begin, target = broker.ends(out), broker.count(requests)
    children: list[Child] = []
    try:
        for member in range(members):
            own = {"consumer_group": label, "consumer_instance_id": f"{label}-{member}"}
            environment = settings.inherited(kafka_bootstrap_servers=broker.servers, api_url=api_url, **own)
            command = contestant.command(words | {"port": str(ports.free_port())})
            log = bench.folder / f"{label}-{member}.log"
            environment |= dict(contestant.environment)
            children.append(broker.processes.start(contestant.title, command, environment, log))
        if contestant.value:
            begin, target = _wake(bench, broker, contestant, requests, out)
        _work(bench, broker, out, begin, target)
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
    begin, count = broker.ends(out), 5_000 if bench.quick else 30_000
    broker.fill(requests, rows, count, contestant.value, contestant.headers)
    return begin, count


def _work(bench: Bench, broker: Broker, out: str, begin: Mapping[int, int], target: int) -> None:
    """Let it work for a turn, from its first result on, or until all is done."""

    def done() -> int:
        return broker.count(out) - sum(begin.values())

    broker.processes.wait_until(done, f"a first result in {out}", FIRST_SECONDS)
    with contextlib.suppress(TimeoutError):
        broker.processes.wait_until(lambda: done() >= target, f"{target} results", bench.seconds * 1.5)


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


def _contestants(bench: Bench) -> tuple[list[Contestant], dict[str, str]]:
    found = [consumer(), mover(MOVER, "kafka-python"), consumer(EXACTLY_ONCE, delivery="exactly-once")]
    missing: dict[str, str] = {}
    try:
        found.append(consumer(CONFLUENT, kafka_client="confluent"))
    except BenchmarkError as error:
        missing[CONFLUENT] = str(error)
    found.append(mover(FAST_MOVER, "confluent"))
    for each in () if bench.quick else catalogue.STREAM.values():
        try:
            found.append(peer(bench, each))
        except FAILURES as error:
            missing[each.title] = str(error)
    return found, missing


def _rows(measured: Mapping[str, Sequence[float]], missing: Mapping[str, str]) -> Iterator[Row]:
    titles = {each.name: each.title for each in catalogue.STREAM.values()}
    peers = [Bar(titles.get(name, name), least=least) for name, least in BARS.items()]
    fast = [Bar(titles.get(name, name), least=least) for name, least in FAST_BARS.items()]
    for name, what, title, bars in (
        ("stream", "consumer with kafka-python", OURS, [Bar(MOVER, least=0.8), *peers]),
        ("stream fast", "consumer with confluent-kafka", CONFLUENT, [Bar(FAST_MOVER, least=0.65), *fast]),
        (
            "stream exactly once",
            "consumer with kafka-python, exactly once",
            EXACTLY_ONCE,
            [Bar("at least once", least=0.85)],
        ),
    ):
        asked = {bar.against for bar in bars}
        figures = {each: rates for each, rates in measured.items() if each in asked}
        if title in measured:
            figures[OURS] = measured[title]
        if OURS in measured and title == EXACTLY_ONCE:
            figures["at least once"] = measured[OURS]
        unmeasured = {each: reason for each, reason in missing.items() if each in asked | {title}}
        yield Row(name, "stream", what, "records/s", figures, bars, unmeasured)

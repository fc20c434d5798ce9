"""Predictions on the stream: our consumer beside its own client unscored, and beside the peers."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks import servers, streams
from benchmarks.bench import FAILURES, Bench, BenchmarkError, say
from benchmarks.peers import catalogue
from benchmarks.results import OURS, Bar, Row
from benchmarks.stream_turns import PREDICTIONS, REQUESTS, Contestant, consumer, mover, peer, turn

CONFLUENT, EXACTLY_ONCE = "Petalstream with confluent-kafka", "Petalstream exactly once"
AT_LEAST_ONCE = "at least once"
MOVER, FAST_MOVER = "the stack's kafka-python, unscored", "confluent-kafka, unscored"
PLAIN_MOVER = "kafka-python as it comes, unscored"
# The peers that a bar names, and how many times faster the consumer is to be: with kafka-python, with confluent-kafka.
BARS = {"naive": 30, "mlserver_kafka": 12, "quix": 5}
FAST_BARS = {"bytewax": 1, "faststream": 1}


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


def _contestants(bench: Bench) -> tuple[list[Contestant], dict[str, str]]:
    # Who is compared has the turn beside it, since a machine's pace drifts.
    found = [] if bench.quick else [mover(PLAIN_MOVER, "plain-kafka-python")]
    found += [mover(MOVER, "kafka-python"), consumer(), consumer(EXACTLY_ONCE, delivery="exactly-once")]
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
        ("stream", "consumer with kafka-python", OURS, [Bar(MOVER, least=0.6), Bar(PLAIN_MOVER, least=1.1), *peers]),
        ("stream fast", "consumer with confluent-kafka", CONFLUENT, [Bar(FAST_MOVER, least=0.6), *fast]),
        ("stream exactly once", "consumer, exactly once", EXACTLY_ONCE, [Bar(AT_LEAST_ONCE, least=0.7)]),
    ):
        asked = {bar.against for bar in bars}
        figures = {each: rates for each, rates in measured.items() if each in asked}
        if title in measured:
            figures[OURS] = measured[title]
        if OURS in measured and title == EXACTLY_ONCE:
            figures[AT_LEAST_ONCE] = measured[OURS]
        unmeasured = {each: reason for each, reason in missing.items() if each in asked | {title}}
        yield Row(name, "stream", what, "records/s", figures, bars, unmeasured)

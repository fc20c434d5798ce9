"""How the rates grow with what they depend on: each function gives the points of its lines."""

import dataclasses
import json
import random
from collections.abc import Iterator

from benchmarks import servers, stream_turns, streams, synthetic
from benchmarks.bench import Bench, say
from benchmarks.http_rows import PREDICT
from benchmarks.peers import catalogue
from benchmarks.results import Curve, Points
from benchmarks.servers import Question, Running
from benchmarks.stream_turns import PREDICTIONS, REQUESTS

SIZES = (1, 5, 20, 100, 500, 2000, 5000)
CONNECTIONS = (1, 2, 4, 8, 16)
FEATURES, FEATURE_ROWS = (5, 20, 50, 100), 100
TREES = (1, 10, 100, 300)
PARTITIONS = (1, 2, 6, 12)
CONSUMERS = (1, 2, 3, 4)
RECORDS = 150_000


def measure(bench: Bench) -> Iterator[Curve]:
    """All curves; quickly the first one alone."""
    with servers.running(bench, servers.api(bench)) as api:
        yield Curve("rows", "Rows a request (Iris)", "rows a request", "rows/s", rows_a_request(bench, api))
        if bench.quick:
            return
        one_row = "One row a request, by the connections that ask at once"
        yield Curve("connections", one_row, "connections", "requests/s", connections(bench, api))
    # In a folder of their own: the api of all other measurements has the two models of the stack.
    own = dataclasses.replace(bench, models_dir=bench.models_dir.with_name("made-up-models"))
    forest = "RandomForestClassifier({}, random_state=0)"
    made_up = {f"features_{count}": (count, "LogisticRegression()") for count in FEATURES}
    made_up |= {f"trees_{count}": (10, forest.format(count)) for count in TREES}
    say("curves: training models of made-up data, where they are not there yet")
    synthetic.train(own, made_up)
    with servers.running(own, servers.api(own)) as api:
        y = "rows/s"
        yield Curve("features", f"Features ({FEATURE_ROWS} rows a request)", "features", y, features(own, api))
        yield Curve("trees", "Trees of a random forest (one row a request)", "trees", y, trees(own, api))
    yield Curve("partitions", "Partitions of the topic, one consumer", "partitions", "records/s", partitions(bench))
    yield Curve("consumers", "Consumers on six partitions", "consumers", "records/s", consumers(bench))


def rows_a_request(bench: Bench, api: Running) -> dict[str, Points]:
    """Rows a second by the number of rows in a request, as named rows and as one tensor."""
    rows = bench.samples("iris", max(SIZES))
    named, tensor = [], []
    for size in SIZES[::3] if bench.quick else SIZES:
        say(f"curves: {size} rows a request")
        body = json.dumps(rows[:size]).encode()
        named.append((size, size * rate(bench, api, PREDICT.format("iris"), body)))
        tensor.append(
            (size, size * rate(bench, api, "/v2/models/iris/infer", catalogue.inference_request(rows[:size])))
        )
    return {"JSON, named rows": named, "Open Inference Protocol": tensor}


def connections(bench: Bench, api: Running) -> dict[str, Points]:
    """Requests a second for one row by the number of connections, each of which asks again once it is answered."""
    lines: dict[str, Points] = {}
    for model in ("iris", "heart_failure"):
        say(f"curves: connections, {model}")
        question = Question("", PREDICT.format(model), json.dumps(bench.samples(model, 1)[0]).encode(), None)
        lines[model] = [(count, servers.ask(bench, api, question, count).rate) for count in CONNECTIONS]
    return lines


def features(bench: Bench, api: Running) -> dict[str, Points]:
    """Rows a second by the number of a linear model's features."""
    points = []
    for count in FEATURES:
        say(f"curves: {count} features")
        draw = random.Random(1)
        body = json.dumps([synthetic.row(count, draw) for _ in range(FEATURE_ROWS)]).encode()
        points.append((count, FEATURE_ROWS * rate(bench, api, PREDICT.format(f"features_{count}"), body)))
    return {"logistic regression": points}


def trees(bench: Bench, api: Running) -> dict[str, Points]:
    """Rows a second by the number of a forest's trees."""
    points = []
    for count in TREES:
        say(f"curves: {count} trees")
        body = json.dumps(synthetic.row(10, random.Random(1))).encode()
        points.append((count, rate(bench, api, PREDICT.format(f"trees_{count}"), body)))
    return {"random forest": points}


def partitions(bench: Bench) -> dict[str, Points]:
    """Records a second of one consumer by the number of partitions."""
    return {"one consumer": [(count, _stream(bench, count, 1)) for count in PARTITIONS]}


def consumers(bench: Bench) -> dict[str, Points]:
    """Records a second of all consumers together by their number."""
    return {"all together": [(count, _stream(bench, streams.PARTITIONS, count)) for count in CONSUMERS]}


def rate(bench: Bench, api: Running, path: str, body: bytes) -> float:
    """Requests a second with that body."""
    return servers.ask(bench, api, Question("", path, body, None)).rate


def _stream(bench: Bench, partitions: int, members: int) -> float:
    say(f"curves: {partitions} partitions, {members} consumers")
    with streams.broker(bench) as broker, servers.running(bench, servers.api(bench)) as api:
        for topic in (REQUESTS, PREDICTIONS):
            broker.create(topic, partitions)
        broker.fill(REQUESTS, bench.samples("iris", 30), RECORDS)
        return stream_turns.turn(bench, broker, api.url, stream_turns.consumer(), "curve", members)

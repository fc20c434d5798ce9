"""Predictions over HTTP: one row and many, beside the peers, a bare app, and scikit-learn without any HTTP."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence

import joblib

from benchmarks import servers, wrk
from benchmarks.bench import FAILURES, Bench, say
from benchmarks.peers import catalogue
from benchmarks.peers.catalogue import HttpPeer
from benchmarks.results import OURS, Bar, Row
from benchmarks.servers import Question, Server

MANY = 500
PREDICT = "/models/{}/predict"
FASTAPI, MLSERVER, SKLEARN, BARE = "fastapi", "mlserver", "scikit-learn's predict in process", "bare WSGI app"
ONE, MANY_NAMED, MANY_V2, HEART = "http one row", "http many named rows", "http many rows V2", "http heart failure"


def measure(bench: Bench) -> Iterator[Row]:
    """The rows of this section; contestants take turns, each started anew."""
    figures: dict[str, dict[str, list[float]]] = {row: {} for row in (ONE, MANY_NAMED, MANY_V2, HEART)}
    contestants, missing = _contestants(bench)
    for number in range(bench.rounds):
        for server in [each for each in contestants if each.title not in missing]:
            say(f"http, round {number + 1} of {bench.rounds}: {server.title}")
            try:
                _turn(bench, server, figures)
            except FAILURES as error:
                if server.title == OURS:
                    raise
                missing[server.title] = str(error)
    if figures[HEART]:
        figures[HEART][SKLEARN] = [_in_process(bench) for _ in range(bench.rounds)]
    yield from _rows(figures, missing)


def _turn(bench: Bench, server: Server, figures: Mapping[str, dict[str, list[float]]]) -> None:
    with servers.running(bench, server) as found:
        for question in server.questions:
            load = servers.ask(bench, found, question)
            figures[question.row].setdefault(server.title, []).append(load.rate)


def _contestants(bench: Bench) -> tuple[list[Server], dict[str, str]]:
    """Who is asked, and why others are not."""
    found = [servers.api(bench, ours(bench)), servers.bare(bench, [_nothing(bench)])]
    missing: dict[str, str] = {}
    for peer in catalogue.HTTP.values():
        if bench.quick and peer.name != FASTAPI:
            continue
        try:
            found.append(servers.peer(bench, peer, _of_peer(bench, peer)))
        except FAILURES as error:
            missing[peer.title] = str(error)
    return found, missing


def ours(bench: Bench) -> list[Question]:
    """What the api is asked: one flower and many, and one patient where that model was trained."""
    rows = bench.samples("iris", MANY)
    one, many = bench.right("iris", rows[:1]), bench.right("iris", rows)
    questions = [
        Question(ONE, PREDICT.format("iris"), json.dumps(rows[0]).encode(), one),
        Question(MANY_NAMED, PREDICT.format("iris"), json.dumps(rows).encode(), many),
        Question(MANY_V2, "/v2/models/iris/infer", catalogue.inference_request(rows), many),
    ]
    if not bench.quick:
        patient = bench.samples("heart_failure", 1)
        right = bench.right("heart_failure", patient)
        questions.append(Question(HEART, PREDICT.format("heart_failure"), json.dumps(patient[0]).encode(), right))
    return questions


def _nothing(bench: Bench) -> Question:
    (row,) = bench.samples("iris", 1)
    return Question(ONE, "/", json.dumps(row).encode(), None)


def _of_peer(bench: Bench, peer: HttpPeer) -> list[Question]:
    rows = bench.samples("iris", MANY)
    one, many = bench.right("iris", rows[:1]), bench.right("iris", rows)
    questions = [Question(ONE, peer.path, peer.one_row(rows[0]), one)]
    if peer.v2:
        questions.append(Question(MANY_V2, peer.v2, catalogue.inference_request(rows), many))
    elif peer.rows and peer.rows_path:
        questions.append(Question(MANY_NAMED, peer.rows_path, peer.rows(rows), many))
    return questions


def _in_process(bench: Bench) -> float:
    """How many single rows a second scikit-learn itself predicts for the heart-failure model."""
    say(f"http: {SKLEARN}")
    model = joblib.load(bench.model_file("heart_failure"))
    row = bench.inputs("heart_failure", bench.samples("heart_failure", 1))
    count, began = 0, time.perf_counter()
    while time.perf_counter() < began + bench.seconds:
        model.predict(row)
        count += 1
    return count / (time.perf_counter() - began)


def _rows(figures: Mapping[str, Mapping[str, Sequence[float]]], missing: Mapping[str, str]) -> Iterator[Row]:
    titles = {peer.name: peer.title for peer in catalogue.HTTP.values()}
    fastapi, mlserver = titles.get(FASTAPI, FASTAPI), titles.get(MLSERVER, MLSERVER)
    yield Row(
        ONE,
        "http",
        f"one flower a request, JSON, {wrk.CONNECTIONS} connections",
        "requests/s",
        figures[ONE],
        [Bar(fastapi, least=3), Bar(BARE, least=1.3)],
        missing,
    )
    for name, what, against, least in (
        (MANY_NAMED, f"{MANY} named flowers a request, JSON", fastapi, 4),
        (MANY_V2, f"{MANY} flowers a request, Open Inference Protocol", mlserver, 4),
        (HEART, "one patient a request, JSON (heart failure: a vote of three kinds of trees)", SKLEARN, 80),
    ):
        unasked = {title: reason for title, reason in missing.items() if title == against}
        yield Row(name, "http", what, "requests/s", figures[name], [Bar(against, least=least)], unasked)

"""HTTP servers that are asked beside each other: the api, a bare app under the same gunicorn, and the peers."""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks import wrk
from benchmarks.bench import ROOT, Bench, BenchmarkError, Predictions, interpreter, plain
from benchmarks.peers.catalogue import HttpPeer
from benchmarks.wrk import Load
from embedded import ports
from embedded.demo import API, answers
from embedded.processes import Child, Processes, python
from petalstream import settings
from petalstream.lifecycle import Stop

START_SECONDS = 120
ANSWER_SECONDS = 30
WORKERS = 2
PEERS = ROOT / "benchmarks" / "peers"
BARE = [
    *python("gunicorn", "--bind", "127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"),
    *("--workers", str(WORKERS), "--keep-alive", "75", "--no-control-socket", "benchmarks.peers.bare.app:app"),
]


@dataclass(frozen=True)
class Question:
    """A body to post, what is to be predicted, and the name of the row that the figures go to.

    `expected` is None for who predicts nothing.
    """

    row: str
    path: str
    body: bytes
    expected: Predictions | None


@dataclass(frozen=True)
class Server:
    """How a contestant is started, when it is ready, and what it is asked."""

    title: str
    command: Sequence[str]
    ready: str
    questions: Sequence[Question]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A server that is ready: where, and its process."""

    url: str
    child: Child


def api(bench: Bench, questions: Sequence[Question] = ()) -> Server:
    """The api with its own defaults."""
    own = {"models_dir": bench.models_dir, "api_workers": WORKERS}
    return Server("Petalstream", API, "/ready", questions, settings.inherited(**own))


def bare(bench: Bench, questions: Sequence[Question]) -> Server:
    """An app that does nothing, under gunicorn's own worker with threads."""
    return Server("bare WSGI app", BARE, "/", questions, api(bench).environment)


def peer(bench: Bench, found: HttpPeer, questions: Sequence[Question]) -> Server:
    """A peer in its own environment, which is made here where it is not there yet."""
    known = places(bench, found.name) | {"port": "{port}"}
    return Server(found.title, [word.format(**known) for word in found.command], found.ready, questions)


def places(bench: Bench, name: str) -> dict[str, str]:
    """What stands for the placeholders in a peer's command that say where something is. Raises BenchmarkError."""
    python_there = interpreter(name)
    return {
        "python": str(python_there),
        "bin": str(python_there.parent),
        "folder": str(PEERS / name),
        "model": str(bench.peer_file("iris")),
    }


@contextmanager
def running(bench: Bench, server: Server) -> Iterator[Running]:
    """The server, once it is ready. Raises BenchmarkError, TimeoutError, ChildFailed."""
    port = _three_free_ports()
    url = f"http://127.0.0.1:{port}"
    command = [word.replace("{port}", str(port)) for word in server.command]
    environment = settings.inherited(tmpdir=bench.folder, **server.environment) | {"API_PORT": str(port)}
    with Processes(Stop()) as processes:
        log = bench.folder / f"{plain(server.title)}.log"
        child = processes.start(server.title, command, environment, log)
        processes.wait_until(lambda: answers(url + server.ready), f"{server.title} to be ready", START_SECONDS)
        yield Running(url, child)


def ask(bench: Bench, found: Running, question: Question, connections: int = wrk.CONNECTIONS) -> Load:
    """The rate of right answers to a question. Raises BenchmarkError where one is not right."""
    check(found.url, question)
    body = bench.folder / "body.json"
    body.write_bytes(question.body)
    try:
        wrk.post(found.url + question.path, body, 1, connections)  # to warm up
        return wrk.post(found.url + question.path, body, bench.seconds, connections)
    except BenchmarkError as error:
        raise BenchmarkError(f"{question.path}: {error}") from error


def check(url: str, question: Question) -> None:
    """Raise BenchmarkError unless the answer is a success and has what scikit-learn itself predicts."""
    status, answer = post(url, question)
    if status != 200:
        raise BenchmarkError(f"{question.path} was answered {status}: {answer[:500]!r}")
    if question.expected and not question.expected.are_in(json.loads(answer)):
        raise BenchmarkError(f"{question.path} was not answered with scikit-learn's predictions: {answer[:500]!r}")


def post(url: str, question: Question) -> tuple[int, bytes]:
    """One answer: its status and body."""
    # http.client and not requests, which would ask the proxy that the environment may name.
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", question.path, question.body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"{question.path} was not answered: {error}") from error
    finally:
        connection.close()


def _three_free_ports() -> int:
    """A port that is free with the two after it, since some servers take more than one."""
    while True:
        port = ports.free_port()
        if not any(map(ports.in_use, (port + 1, port + 2))):
            return port

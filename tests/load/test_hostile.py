"""Thousands of requests that nobody should send."""

import gzip
import http.client
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.lone_api import ALLOCATOR, LoneApi, lone_api, memory
from tests.records import FLOWER

pytestmark = pytest.mark.timeout(600)
REQUESTS, WARM_UP = 10_000, 12_000
# Of the workers' memory: the allocator keeps some of its busiest moments. A leak of 2 kB a request would be more.
MOST_GROWTH = 0.05
PATHS = (
    "/predict",
    "/models/iris/predict",
    "/models/iris/predict?on_error=report",
    "/models/rose/predict",
    "/v2/models/iris/infer",
    "/v2/models/iris/versions/1/infer",
    "/v2/models/iris/versions/77/infer",
    "/v2/repository/index",
    "/nowhere",
)
TYPES = (
    "application/json",
    "text/csv",
    "application/x-www-form-urlencoded",
    "text/html",
    "application/json; charset=x",
)
Send = tuple[str, str, bytes, dict[str, str]]


def random_bytes(draw: random.Random) -> bytes:
    """Anything."""
    return draw.randbytes(draw.randrange(2_000))


def deep(draw: random.Random) -> bytes:
    """Lists or objects in one another."""
    depth = draw.randrange(20_000)
    return b"[" * depth + b"]" * depth if draw.random() < 0.5 else b'{"a":' * depth


def huge_numbers(draw: random.Random) -> bytes:
    """Numbers that no float holds."""
    return json.dumps(FLOWER | {"petal_width": 0}).replace("0}", "9" * draw.randrange(1, 6_000) + "}").encode()


def many_names(draw: random.Random) -> bytes:
    """Features that are none."""
    return json.dumps({f"name_{draw.random()}": draw.random() for _ in range(draw.randrange(500))}).encode()


def broken_rows(draw: random.Random) -> bytes:
    """Rows of which each has something wrong."""
    values: tuple[object, ...] = (None, "x", [], {}, -1, 1e999, True, "5.1", 10**400)
    return json.dumps([FLOWER | {"petal_width": draw.choice(values)} for _ in range(draw.randrange(100))]).encode()


def broken_tensors(draw: random.Random) -> bytes:
    """Tensors whose shape, data and type do not agree."""
    shape = [draw.choice((-1, 0, 1, 2, 4, 10**12)) for _ in range(draw.randrange(4))]
    data = [draw.choice((1.5, "x", None, [1], 10**30)) for _ in range(draw.randrange(20))]
    tensor = {"name": draw.choice(("x", "petal_width")), "shape": shape, "data": data}
    tensor["datatype"] = draw.choice(("FP64", "INT8", "BYTES", "BOOL", "NONE"))
    return json.dumps({"inputs": [tensor] * draw.randrange(5)}).encode()


def broken_csv(draw: random.Random) -> bytes:
    """Lines of cells, quotes and commas."""
    return "".join(draw.choice('sepal_length,"\n\r;1.5é') for _ in range(draw.randrange(3_000))).encode()


def bomb(draw: random.Random) -> bytes:
    """Zeros, compressed."""
    return gzip.compress(b"0" * draw.randrange(5_000_000), 1)


BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    random_bytes,
    deep,
    huge_numbers,
    many_names,
    broken_rows,
    broken_tensors,
    broken_csv,
    bomb,
)


def drawn(draw: random.Random) -> Send:
    """A request."""
    headers = {
        "Content-Type": draw.choice(TYPES),
        "X-Request-ID": str(draw.random()),
        "traceparent": str(draw.random()),
        "Accept": draw.choice(("*/*", "text/html", "text/csv", "application/xml", ";q=2,,")),
        "Accept-Encoding": draw.choice(("gzip", "identity", "br;q=1", "*")),
        f"X-{draw.randrange(10**9)}": "x" * draw.randrange(2_000),
    }
    body = draw.choice(BODIES)(draw)
    if draw.random() < 0.3:
        headers["Content-Encoding"] = draw.choice(("gzip", "gzip", "br", "deflate", "x"))
    method = draw.choice(("POST", "POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH"))
    return method, draw.choice(PATHS) + draw.choice(("", "?", "?format=x", "%00", "?a=" + "b" * 3_000)), body, headers


def send(api: LoneApi, draw: random.Random, number: int, statuses: Counter[int]) -> None:
    """Send so many requests over one connection, opened anew where an answer says that it is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    for _ in range(number):
        method, path, body, headers = drawn(draw)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
        assert answer.status < 500, (method, path, body[:300], headers)
    connection.close()


@pytest.fixture
def draw(pytestconfig: pytest.Config) -> random.Random:
    """The source of chance; pytest prints the seed where a test fails."""
    seed = pytestconfig.getoption("--seed") or random.SystemRandom().randrange(2**32)
    print(f"--seed {seed}")
    return random.Random(seed)


def is_answered(api: LoneApi) -> bool:
    """Whether an ordinary client gets its prediction."""
    return bool(requests.post(f"{api.url}/predict", json=FLOWER, timeout=10).json()["label"] == "setosa")


def test_hostile_requests_are_refused_one_by_one_and_an_ordinary_one_is_answered(
    settings: Settings, iris: Bundle, tmp_path: Path, draw: random.Random
) -> None:
    statuses = Counter[int]()
    with lone_api(settings.models_dir, tmp_path, **ALLOCATOR) as api:
        workers = api.workers()
        send(api, draw, 1_000, statuses)
        assert api.workers() == workers
        assert is_answered(api)


@pytest.mark.long
def test_very_many_hostile_requests_leave_memory_flat(
    settings: Settings, iris: Bundle, tmp_path: Path, draw: random.Random
) -> None:
    statuses = Counter[int]()
    with lone_api(settings.models_dir, tmp_path, **ALLOCATOR) as api:
        send(api, draw, WARM_UP, statuses)
        workers = api.workers()
        before = memory(workers)
        series = len(requests.get(f"{api.url}/metrics", timeout=10).text.splitlines())
        send(api, draw, REQUESTS, statuses)
        growth = memory(workers) - before
        print(f"{dict(sorted(statuses.items()))}; {len(workers)} workers grew by {growth / 1024:.0f} KiB")
        assert api.workers() == workers
        assert len(requests.get(f"{api.url}/metrics", timeout=10).text.splitlines()) <= series + 30
        assert growth < MOST_GROWTH * before
        assert is_answered(api)

"""More requests than two workers can take on."""

from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.server import bodies
from tests.length import Length
from tests.load.client import BODY, Seen
from tests.load.crowd import Crowd
from tests.load.slow import publish_slow
from tests.lone_api import LoneApi, lone_api

CONNECTIONS, SECONDS = 200, 20
# A flower that the worker's loop answers itself, and one whose length makes it a thread's.
SHORT, LONG = BODY, BODY + b" " * bodies.MOST_SMALL_BYTES
CASES = {
    "short, hammering on": (SHORT, 0.0),
    "short, staying away as asked": (SHORT, 1.0),
    # Without a pause the crowd, whose machine this is too, and those who refuse it would take all of both processors.
    "long, coming again soon": (LONG, 0.1),
    "long, staying away as asked": (LONG, 1.0),
}


def told(name: str, seen: Seen) -> float:
    """Print what was seen, for who reads the log, and give the 99th percentile of those answered 200."""
    p50, p99 = seen.percentile(0.5), seen.percentile(0.99)
    print(f"{name}: {dict(seen.statuses)}; of those answered 200 p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    return p99


def ask(api: LoneApi, body: bytes, connections: int, seconds: float, pause: float = 0) -> Seen:
    """Have so many connections ask for that long."""
    return Crowd(f"{api.url}/models/iris/predict", body, connections, pause).ask(seconds)


def crowded(
    api: LoneApi, body: bytes, pause: float, seconds: float = SECONDS, may_all_be_let_in: bool = False
) -> float:
    """Have a crowd ask, and see what it gets; the 99th percentile of those let in."""
    refused = api.counted("petalstream_api_rejected_requests_total")
    seen = ask(api, body, CONNECTIONS, seconds, pause)
    crowd = told(f"{CONNECTIONS} connections that stay away for {pause:g} s", seen)
    assert (seen.failures, seen.complaints) == ([], [])
    assert set(seen.statuses) == {200, 503} or (may_all_be_let_in and set(seen.statuses) == {200})
    assert api.counted("petalstream_api_rejected_requests_total") - refused == seen.statuses[503]
    assert api.counted("petalstream_api_in_flight_requests") == 0
    return crowd


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.parametrize(("body", "pause"), CASES.values(), ids=CASES)
def test_a_crowd_gets_503_or_its_prediction_in_time_and_nothing_else(
    iris: Bundle, tmp_path: Path, body: bytes, pause: float
) -> None:
    models_dir = tmp_path / "models"
    publish_slow(models_dir, iris)
    with lone_api(models_dir, tmp_path) as api:
        before = told("one connection, before", ask(api, body, 1, 5))
        crowd = crowded(api, body, pause)
        # The machine may be another one from one second to the next: the slower time counts.
        alone = max(before, told("one connection, after", ask(api, body, 1, 5)))
    with lone_api(models_dir, tmp_path, api_queue=2 * CONNECTIONS) as boundless:
        unbounded = ask(boundless, body, CONNECTIONS, SECONDS / 2)
        everybody = told(f"{CONNECTIONS} connections that all wait", unbounded)
    assert set(unbounded.statuses) == {200}
    # Of the places that the crowd would fill, those let in find a tenth.
    assert crowd < CONNECTIONS / 2 * alone
    assert 3 * crowd < everybody


@pytest.mark.parametrize("body", [SHORT, LONG], ids=["short", "long"])
def test_a_crowd_that_asks_a_quick_model_gets_503_or_its_prediction_and_nothing_else(
    settings: Settings, iris: Bundle, tmp_path: Path, length: Length, body: bytes
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        seconds = length.seconds(short=2, full=5)
        crowded(api, body, 0.0, seconds)
        # Whether these are too many depends on how fast the crowd itself can ask, on the same machine.
        crowded(api, body, 1.0, seconds, may_all_be_let_in=True)

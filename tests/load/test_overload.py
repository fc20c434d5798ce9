"""More requests than two workers can take on."""

from pathlib import Path

import pytest

from petalstream.bundle import Bundle
from petalstream.settings import Settings
from tests.load.client import Seen, for_seconds, load
from tests.lone_api import LoneApi, lone_api

pytestmark = [pytest.mark.xdist_group("load"), pytest.mark.alone]
CONNECTIONS, SECONDS = 200, 20


def told(name: str, seen: Seen) -> float:
    """Print what was seen, for who reads the log, and give the 99th percentile of those answered 200."""
    p50, p99 = seen.percentile(0.5), seen.percentile(0.99)
    print(f"{name}: {dict(seen.statuses)}; of those answered 200 p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    return p99


def crowded(api: LoneApi, heeds_retry_after: bool) -> tuple[float, float]:
    """Have a crowd ask, and see what it gets; the 99th percentiles of one connection alone and of those let in."""
    url = f"{api.url}/models/iris/predict"
    before = told("one connection, before", load(url, 1, for_seconds(5)))
    seen = load(url, CONNECTIONS, for_seconds(SECONDS), heeds_retry_after=heeds_retry_after)
    crowd = told(f"{CONNECTIONS} connections", seen)
    assert (seen.failures, seen.complaints) == ([], [])
    assert set(seen.statuses) == {200, 503}
    assert api.counted("petalstream_api_rejected_requests_total") == seen.statuses[503]
    assert api.counted("petalstream_api_in_flight_requests") == 0
    # The machine may be another one from one second to the next: the slower time counts.
    after = told("one connection, after", load(url, 1, for_seconds(5)))
    return max(before, after), crowd


@pytest.mark.parametrize("heeds_retry_after", [False, True], ids=["hammering on", "staying away as asked"])
def test_a_crowd_gets_503_or_its_prediction_in_time_and_nothing_else(
    settings: Settings, iris: Bundle, tmp_path: Path, heeds_retry_after: bool
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        alone, crowd = crowded(api, heeds_retry_after)
    with lone_api(settings.models_dir, tmp_path, api_queue=2 * CONNECTIONS) as boundless:
        unbounded = load(f"{boundless.url}/models/iris/predict", CONNECTIONS, for_seconds(SECONDS / 2))
        everybody = told(f"{CONNECTIONS} connections that all wait", unbounded)
    assert set(unbounded.statuses) == {200}
    # Of the places that the crowd would fill, those let in find a tenth.
    assert crowd < CONNECTIONS / 2 * alone
    assert 3 * crowd < everybody

"""More requests than two workers can take on."""

from pathlib import Path

import pytest

from petalstream.bundle import Bundle
from petalstream.settings import Settings
from tests.load.client import Seen, for_seconds, load
from tests.lone_api import WORKERS, LoneApi, lone_api

pytestmark = pytest.mark.xdist_group("load")
CONNECTIONS, SECONDS = 200, 20
IN_FLIGHT = Settings().api_threads + Settings().api_queue


def told(name: str, seen: Seen) -> float:
    """Print what was seen, for who reads the log, and give the 99th percentile of those answered 200."""
    p50, p99 = seen.percentile(0.5), seen.percentile(0.99)
    print(f"{name}: {dict(seen.statuses)}; of those answered 200 p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    return p99


def check(api: LoneApi, seen: Seen) -> None:
    """See that each request had its answer, and that the metrics tell the same."""
    assert (seen.failures, seen.complaints) == ([], [])
    assert set(seen.statuses) == {200, 503}
    assert api.counted("petalstream_api_rejected_requests_total") == seen.statuses[503]
    assert api.counted("petalstream_api_in_flight_requests") == 0


def test_a_crowd_that_will_not_wait_gets_503_or_its_prediction_and_nothing_else(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        url = f"{api.url}/models/iris/predict"
        alone = told("one connection", load(url, 1, for_seconds(5)))
        seen = load(url, CONNECTIONS, for_seconds(SECONDS))
        crowded = told(f"{CONNECTIONS} connections", seen)
        check(api, seen)
        # Who hammers on waits for the others' turns too, however short those are: never for more than all of them.
        assert crowded < CONNECTIONS / WORKERS * alone


def test_those_let_in_are_served_in_time_where_the_others_stay_away_as_asked(
    settings: Settings, iris: Bundle, tmp_path: Path
) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        url = f"{api.url}/models/iris/predict"
        alone = told("one connection", load(url, 1, for_seconds(5)))
        seen = load(url, CONNECTIONS, for_seconds(SECONDS), heeds_retry_after=True)
        crowded = told(f"{CONNECTIONS} connections that heed Retry-After", seen)
        check(api, seen)
        # At most so many are in flight in a worker, and each is done after those before it.
        assert crowded < IN_FLIGHT * alone

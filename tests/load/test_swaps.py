"""Model versions that are swapped under load."""

import json
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from tests.length import Length
from tests.load.client import load
from tests.lone_api import lone_api
from tests.served import await_served
from tests.versions import Versions

pytestmark = pytest.mark.timeout(300)
CONNECTIONS, SECONDS = 4, 20


def test_swaps_under_load_fail_no_request_and_each_answer_agrees_with_its_version(
    iris: Bundle, tmp_path: Path, length: Length
) -> None:
    swaps = length.count(short=5, full=50)
    versions, stop = Versions(tmp_path / "models", keep=3), threading.Event()
    said: dict[str, list[float]] = defaultdict(list)
    versions.publish(iris)

    def judge(status: int, headers: Any, body: bytes) -> str:
        answer = json.loads(body)
        if status != 200:
            return f"{status} {body!r}"
        said[answer["version"]].append(answer["probabilities"]["setosa"])
        return ""

    with lone_api(versions.models_dir, tmp_path) as api, ThreadPoolExecutor(1) as aside:
        url = f"{api.url}/models/iris/predict"
        loading = aside.submit(load, url, CONNECTIONS, lambda passed: stop.is_set(), judge)
        try:
            for _ in range(swaps):
                latest = versions.publish(iris).manifest.version
                wait_until(lambda: latest in said or loading.done(), f"version {latest} to answer", SECONDS)  # noqa: B023
            await_served(api.url, latest, SECONDS)
        finally:
            stop.set()
        seen = loading.result(60)
        print(f"{seen.statuses[200]} answers over {swaps} swaps")
        assert (seen.failures, seen.complaints) == ([], [])
        assert set(seen.statuses) == {200}
        assert said.keys() >= {str(number) for number in range(2, swaps + 2)}
        # Compared at the end: the api serves a version before the line that publishes it here returns.
        for version, probabilities in said.items():
            assert probabilities == pytest.approx([versions.says[version]] * len(probabilities), abs=1e-9)
        assert api.counted("petalstream_api_rejected_requests_total") == 0

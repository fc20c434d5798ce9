"""Versions that come and go on the volume while gunicorn's workers serve them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from embedded.processes import python
from embedded.waiting import wait_until
from petalstream import settings as environment
from petalstream.model.bundle import Bundle
from tests.checkouts import quick_copy
from tests.lone_api import WORKERS, LoneApi, lone_api
from tests.records import FLOWER
from tests.served import await_served, served_versions
from tests.versions import Versions

SECONDS = 30


@pytest.fixture
def api(versions: Versions, tmp_path: Path) -> Iterator[LoneApi]:
    """Two workers that serve it."""
    with lone_api(versions.models_dir, tmp_path) as running:
        wait_until(lambda: running.log.read_text().count("serving iris version 1") == WORKERS, "both workers", SECONDS)
        yield running


def train(versions: Versions, checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of the trainer's commands on the folder."""
    return subprocess.run(
        command,
        cwd=checkout,
        env=environment.inherited(models_dir=versions.models_dir),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_worker_takes_in_what_the_trainer_publishes_and_what_is_rolled_back_to(
    api: LoneApi, versions: Versions, root: Path, tmp_path: Path
) -> None:
    checkout = quick_copy(root, tmp_path)
    trained = train(versions, checkout, *python("services.trainer", "iris"))
    assert (trained.returncode, "published version 2" in trained.stdout) == (0, True), trained.stderr
    await_served(api.url, "2", SECONDS)
    answer = requests.post(f"{api.url}/predict", json=FLOWER, timeout=10).json()
    assert (answer["version"], answer["label"]) == ("2", "setosa")
    rolled = train(versions, checkout, *python("services.trainer.rollback", "iris"))
    assert (rolled.returncode, "version 1 is served now" in rolled.stdout) == (0, True), rolled.stderr
    await_served(api.url, "1", SECONDS)
    # The newer one stays where it is, and can be addressed.
    answer = requests.get(f"{api.url}/v2/models/iris/versions/2/ready", timeout=10)
    assert answer.status_code == 200


def test_a_bad_bundle_leaves_every_worker_serving_ready_and_saying_why(
    api: LoneApi, versions: Versions, iris: Bundle
) -> None:
    spoilt = versions.publish(iris)
    await_served(api.url, "2", SECONDS)
    (spoilt.path / "model.joblib").write_bytes(b"cut")
    versions.point("1")
    await_served(api.url, "1", SECONDS)
    versions.point("2")
    refused = f"iris is not reloaded: {spoilt.path / 'model.joblib'} was altered"
    wait_until(lambda: api.log.read_text().count(refused) == WORKERS, "both workers to refuse it", SECONDS)
    assert served_versions(api.url) == {"1"}
    assert "; version 1 goes on serving" in api.log.read_text()
    metrics = requests.get(f"{api.url}/metrics", timeout=10).text
    assert f'petalstream_api_model_reloads_total{{outcome="refused"}} {WORKERS}.0' in metrics
    assert 'petalstream_api_model_info{model="iris",version="1"} 1.0' in metrics


def test_without_its_last_model_no_worker_is_ready_and_with_a_new_one_all_are(api: LoneApi, versions: Versions) -> None:
    def statuses() -> set[int]:
        return {requests.get(f"{api.url}/ready", timeout=10).status_code for _ in range(20 * WORKERS)}

    home = versions.models_dir / "iris"
    home.rename(versions.models_dir.parent / "aside")
    wait_until(lambda: statuses() == {503}, "no worker to be ready", SECONDS)
    answer = requests.post(f"{api.url}/predict", json=FLOWER, timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert requests.get(f"{api.url}/health", timeout=10).status_code == 200
    (versions.models_dir.parent / "aside").rename(home)
    wait_until(lambda: statuses() == {200}, "every worker to be ready", SECONDS)


def test_metrics_are_the_sum_of_all_workers_whoever_is_asked(api: LoneApi) -> None:
    name = "petalstream_api_rows_total"
    before = api.counted(name)
    for _ in range(30):
        requests.post(f"{api.url}/predict", json=[FLOWER] * 3, timeout=10)
    assert {api.counted(name) - before for _ in range(20)} == {90}

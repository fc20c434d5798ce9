"""The history that the workers of a real api write together, and across its restarts."""

from pathlib import Path

import pytest
import requests

from embedded.waiting import wait_until
from petalstream.history import log
from petalstream.model.bundle import Bundle
from tests.lone_api import LoneApi, lone_api
from tests.versions import Versions

WORKERS = 3
SECONDS = 30


def kinds(api: LoneApi) -> list[str]:
    """The events of Iris, the oldest first."""
    entries = requests.get(f"{api.url}/models/iris/history", timeout=10).json()["history"]
    return [entry["event"] for entry in reversed(entries)]


def is_refused_by_all(api: LoneApi) -> bool:
    """Whether each worker has refused a bundle."""
    return api.log.read_text().count("iris is not reloaded") == WORKERS


@pytest.mark.long
def test_each_event_is_written_once_whichever_worker_sees_it(versions: Versions, iris: Bundle, tmp_path: Path) -> None:
    history = tmp_path / "history"
    with lone_api(versions.models_dir, tmp_path, api_workers=WORKERS, history_dir=history) as api:
        (versions.publish(iris).path / "model.joblib").write_bytes(b"")
        wait_until(lambda: is_refused_by_all(api), "all workers to refuse version 2", SECONDS)
        versions.point("1")
        repository = f"{api.url}/v2/repository/models/iris"
        for verb in ("unload", "load", "unload"):
            assert requests.post(f"{repository}/{verb}", timeout=10).status_code == 200
        assert kinds(api) == ["trained", "trained", "refused", "rolled_back", "unloaded", "loaded", "unloaded"]
    with lone_api(versions.models_dir, tmp_path, api_workers=WORKERS, history_dir=history) as api:
        assert kinds(api)[6:] == ["unloaded", "loaded"]
        (newest, *_) = requests.get(f"{api.url}/models/iris/history", timeout=10).json()["history"]
        assert (newest["version"], newest["served"], newest["reason"]) == ("1", True, "the api restarted")
    written = [each.kind for each in log.read_events(history, "iris")]
    assert written == ["refused", "unloaded", "loaded", "unloaded", "loaded"]

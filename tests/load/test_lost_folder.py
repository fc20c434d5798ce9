"""The folder that the workers share is deleted while they serve, as those do who clean up temporary folders."""

import shutil
import signal
from pathlib import Path

import pytest

from embedded.waiting import wait_until
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.load.raw import SECONDS, assert_others_are_served
from tests.lone_api import WORKERS, LoneApi, lone_api

pytestmark = pytest.mark.timeout(120)
# Enough that each worker gets some, so that it counts them for the first time.
TIMES = 20


def ask_all(api: LoneApi, why: str) -> float:
    """Have predictions and probes on new connections; returns how many requests /metrics has counted."""
    for _ in range(TIMES // 5):
        assert_others_are_served(api, why)
    return api.counted("petalstream_api_requests_total")


def test_a_shared_folder_that_is_deleted_is_made_again(settings: Settings, iris: Bundle, tmp_path: Path) -> None:
    with lone_api(settings.models_dir, tmp_path) as api:
        (folder,) = tmp_path.glob("petalstream-api-*")
        shutil.rmtree(folder)
        ask_all(api, "the folder is deleted")
        shutil.rmtree(folder, ignore_errors=True)
        ask_all(api, "the folder is deleted again")
        old = set(api.workers())
        api.child.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(api.workers()) == WORKERS and not old & set(api.workers()), "new workers", SECONDS)
        assert ask_all(api, "the workers are new") >= TIMES
    assert list(tmp_path.glob("petalstream-api-*")) == []

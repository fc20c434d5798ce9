"""A worker has native libraries compute in one thread: it is the workers that share the processors."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sklearn.ensemble import HistGradientBoostingClassifier

from petalstream.model.bundle import Bundle
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.models import load_definition
from services.trainer.publishing.bundle_writer import publish
from tests.load.raw import JSON
from tests.lone_api import lone_api
from tests.records import FLOWER
from tests.versions import parts

ROWS = json.dumps([FLOWER] * 2_000).encode()


def publish_boosted(models_dir: Path, like: Bundle) -> None:
    """Publish boosted trees, which compute with OpenMP, to be served from their pickle."""
    divided = parts()
    fitted = HistGradientBoostingClassifier(max_iter=20).fit(divided.training.frame, divided.training.targets)
    golden = tuple(predict_golden_rows(fitted, divided.test, load_definition("iris")))
    publish(models_dir, replace(like.manifest, golden=golden, onnx=None), fitted, divided.test, {}, keep=1)


def test_boosted_trees_that_are_served_from_a_pickle_start_no_threads(
    iris: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("OMP", "OPENBLAS", "MKL"):
        monkeypatch.delenv(f"{library}_NUM_THREADS", raising=False)
    publish_boosted(tmp_path / "models", iris)
    with lone_api(tmp_path / "models", tmp_path, api_workers=1, api_threads=1) as api:

        def threads_after_a_prediction() -> int:
            answer = requests.post(f"{api.url}/predict", data=ROWS, headers=JSON, timeout=30)
            assert answer.status_code == 200
            (worker,) = api.workers()
            return worker.num_threads()

        # The watch, one for predictions, one for pages if any was asked for, and the event loop.
        assert threads_after_a_prediction() == threads_after_a_prediction() <= 4

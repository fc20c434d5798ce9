"""A copy of Iris that needs three seconds for a full batch of the consumer."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from petalstream.model import bundle
from petalstream.model.bundle import CURRENT, MODEL, ONNX, sha256
from petalstream.model.manifest import MANIFEST
from petalstream.settings import Settings

NAME = "slow"
SECONDS_A_CALL = 3
# By the row and not by the call: the api divides a slow batch into several calls of the estimator.
SECONDS_A_ROW = SECONDS_A_CALL / Settings.consumer_batch_records


class SlowEstimator:
    """A fitted classifier that sleeps before it predicts: it uses time, and no processor that others need."""

    def __init__(self, estimator: Any) -> None:
        self._estimator, self.classes_ = estimator, estimator.classes_

    def predict(self, samples: Any) -> Any:
        """Return the labels immediately; the api asks for both."""
        return self._estimator.predict(samples)

    def predict_proba(self, samples: Any) -> Any:
        """Return the probabilities after SECONDS_A_ROW for each row."""
        time.sleep(SECONDS_A_ROW * len(samples))
        return self._estimator.predict_proba(samples)


def publish(models_dir: Path) -> None:
    """Write the bundle beside that of Iris. Raises BundleError."""
    iris = bundle.current(models_dir, "iris")
    version = iris.manifest.version
    path = models_dir / NAME / version
    shutil.copytree(iris.path, path)
    joblib.dump(SlowEstimator(joblib.load(path / MODEL)), path / MODEL)
    digests = {name: digest for name, digest in iris.manifest.files.items() if name != ONNX}
    digests[MODEL] = sha256((path / MODEL).read_bytes())
    manifest = replace(iris.manifest, model=NAME, onnx=None, files=digests)
    (path / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    (models_dir / NAME / CURRENT).write_text(f"{version}\n", encoding="utf-8")

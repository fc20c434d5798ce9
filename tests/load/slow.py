"""A model that takes its time, so that an api which serves it is what its clients wait for."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib

from petalstream.model.bundle import MODEL, Bundle
from services.trainer.publishing.bundle_writer import publish
from tests.versions import parts

# Far more than an api takes to refuse a request, or a client to ask.
SECONDS_A_ROW = 0.06


class Slow:
    """A fitted estimator that first leaves the interpreter to others, as ONNX Runtime does while it computes."""

    def __init__(self, estimator: Any) -> None:
        self._estimator, self.classes_ = estimator, estimator.classes_

    def predict(self, samples: Any) -> Any:
        """The labels."""
        return self._estimator.predict(samples)

    def predict_proba(self, samples: Any) -> Any:
        """The probabilities, after SECONDS_A_ROW for each row."""
        time.sleep(SECONDS_A_ROW * len(samples))
        return self._estimator.predict_proba(samples)


def publish_slow(models_dir: Path, like: Bundle, name: str = "iris") -> None:
    """Publish the Iris model `like` in another models folder as one that is slow."""
    slow = Slow(joblib.load(like.path / MODEL))
    publish(models_dir, replace(like.manifest, model=name, onnx=None), slow, parts().test, {}, keep=1)

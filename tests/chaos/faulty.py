"""Real models with faults: slow, failing, or fatal to the worker that serves them, as a test decides."""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from petalstream.model.bundle import MODEL, Bundle
from services.trainer.publishing.bundle_writer import publish
from tests.versions import parts

# Petal widths of rows with a fault of their own, beyond what any flower has.
FAILS, KILLS, HANGS = 66.0, 77.0, 88.0
HANG_SECONDS = 2.0


@dataclass(frozen=True)
class Faults:
    """The faults of one model: seconds that a prediction takes, an error each time, a killed worker one time."""

    seconds_a_call: float = 0.0
    seconds_a_row: float = 0.0
    fails: bool = False
    kills_once: bool = False

    def write(self, path: Path) -> None:
        """Make these the faults of the model that reads `path`."""
        staged = path.with_suffix(".new")
        staged.write_text(json.dumps(asdict(self)))
        staged.rename(path)


@dataclass(frozen=True)
class Faulty:
    """A fitted estimator with the faults in the file `faults`, and those of the rows it gets."""

    estimator: Any
    faults: Path

    @property
    def classes_(self) -> Any:
        """Return the labels."""
        return self.estimator.classes_

    def predict(self, samples: Any) -> Any:
        """Return the labels, or do what the faults say. Raises RuntimeError."""
        found, widths = Faults(**json.loads(self.faults.read_text())), samples.to_numpy()[:, -1]
        if found.kills_once:
            replace(found, kills_once=False).write(self.faults)
        if found.kills_once or np.isin(KILLS, widths):
            os.kill(os.getpid(), signal.SIGKILL)
        hanging = HANG_SECONDS if np.isin(HANGS, widths) else 0.0
        time.sleep(found.seconds_a_call + found.seconds_a_row * len(samples) + hanging)
        if found.fails or np.isin(FAILS, widths):
            raise RuntimeError("this model fails for the test")
        return self.estimator.predict(samples)

    def predict_proba(self, samples: Any) -> Any:
        """Return the probabilities."""
        return self.estimator.predict_proba(samples)


def publish_faulty(models_dir: Path, like: Bundle, name: str, faults: Path) -> None:
    """Publish the Iris model `like` under another name, with the faults in a file."""
    Faults().write(faults)
    estimator = Faulty(joblib.load(like.path / MODEL), faults)
    publish(models_dir, replace(like.manifest, model=name, onnx=None), estimator, parts().test, {}, keep=1)

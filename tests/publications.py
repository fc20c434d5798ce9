"""Publications without a training: a bundle is published again, as the next version.

`python -m tests.publications MODELS_DIR BUNDLE KEEP COUNT` does so COUNT times, and prints each version.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from petalstream.history.log import HISTORY
from petalstream.model.bundle import MODEL, REPORT, Bundle
from petalstream.model.inputs import Inputs
from services.trainer.data.dataset import Dataset
from services.trainer.publishing.bundle_writer import publish


def publish_again(models_dir: Path, like: Bundle, keep: int = 5, samples: int = 30, **changes: Any) -> Bundle:
    """Publish a bundle `like` that one, without model.onnx, with so many samples and with `changes` to its manifest."""
    rows = list(like.test_set())[:samples]
    values = np.array([list(features.values()) for _, features, _ in rows], dtype=object)
    labels, lines = np.array([label for _, _, label in rows]), np.array([int(line) for line, _, _ in rows])
    codes = np.array([like.manifest.labels.index(label) for _, _, label in rows])
    no_inputs, no_frame = Inputs(np.empty((len(rows), 0))), pd.DataFrame(index=range(len(rows)))
    test = Dataset(values, no_inputs, no_frame, codes, labels, lines, lines.astype(str), lines)
    report = {f"{REPORT}/{path.name}": path.read_bytes() for path in (like.path / REPORT).iterdir()}
    manifest = dataclasses.replace(like.manifest, **{"onnx": None, **changes})
    return publish(models_dir, manifest, (like.path / MODEL).read_bytes(), test, report, keep)


def names(home: Path) -> list[str]:
    """What is in a model's folder, in order, but for the lock and the history."""
    return sorted(path.name for path in home.iterdir() if path.name not in (".lock", HISTORY))


if __name__ == "__main__":
    bundle = Bundle.at(Path(sys.argv[2]))
    for _ in range(int(sys.argv[4])):
        print(publish_again(Path(sys.argv[1]), bundle, keep=int(sys.argv[3])).manifest.version, flush=True)

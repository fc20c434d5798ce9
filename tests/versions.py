"""New versions of Iris, published as the trainer does, of which each gives probabilities of its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.base import clone

from petalstream.model.bundle import CURRENT, Bundle
from petalstream.model.frames import to_frame
from petalstream.model.inputs import Inputs
from petalstream.settings import Settings
from services.trainer.data import csv_reader
from services.trainer.data.split import Parts, split
from services.trainer.evaluation.golden_rows import predict_golden_rows
from services.trainer.models import load_definition
from services.trainer.publishing import bundle_writer
from services.trainer.publishing.history import rollback
from services.trainer.publishing.versions import STAGING, serve
from tests.records import FLOWER


class Versions:
    """Publishes versions of Iris into a models folder and knows what each says of a flower."""

    def __init__(self, models_dir: Path, keep: int = 100) -> None:
        self.models_dir, self.keep = models_dir, keep
        self.says: dict[str, float] = {}
        self._definition = load_definition("iris")

    def publish(self, like: Bundle) -> Bundle:
        """The next version: fitted anew, with another strength of regularisation, and otherwise as `like`."""
        divided = parts()
        strength = 2.0 ** -len(self.says)
        fitted = clone(self._definition.estimator).set_params(classify__C=strength)
        fitted.fit(divided.training.frame, divided.training.targets)
        golden = tuple(predict_golden_rows(fitted, divided.test, self._definition))
        manifest = replace(like.manifest, golden=golden, parameters={"classify__C": strength}, onnx=None)
        published = bundle_writer.publish(self.models_dir, manifest, fitted, divided.test, {}, self.keep)
        flower = to_frame(self._definition.inputs, Inputs(np.array([list(FLOWER.values())])))
        probability = fitted.predict_proba(flower)[0][0]
        self.says[published.manifest.version] = float(probability)
        return published

    def point(self, version: str) -> None:
        """Have `current` name this version, whatever it holds, in one rename as the trainer does."""
        home = self.models_dir / "iris"
        pointer = home / f"{STAGING}{CURRENT}"
        pointer.write_text(f"{version}\n")
        serve(home, pointer, rollback(version))


def parts() -> Parts:
    """The data of Iris, split."""
    path = Settings().data_dir / "iris.csv"
    _, dataset = csv_reader.parse(path.read_bytes(), path, load_definition("iris"))
    return split(dataset, dataset.targets, Settings().train_seed)

"""What every section of a run works with: how long, where the models are, and a way to say what happens."""

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from confluent_kafka import KafkaException

from embedded.environments import python_with
from embedded.processes import ChildFailed
from petalstream.broker import KafkaError
from petalstream.model import bundle
from petalstream.model.bundle import MODEL
from petalstream.model.frames import to_frame
from petalstream.model.inputs import Inputs

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
CACHE = ROOT / ".cache" / "benchmarks"
LABELS = frozenset({"setosa", "versicolor", "virginica", "survived", "died"})
Features = dict[str, Any]
TOLERANCE = 1e-4


class BenchmarkError(Exception):
    """Something that was to be measured does not run, or answers wrongly."""


def interpreter(peer: str) -> Path:
    """The interpreter of a peer's environment, made here where it is not there yet. Raises BenchmarkError."""
    say(f"environment of {peer}")
    try:
        return python_with(PEERS / peer / "requirements.txt", ROOT / ".cache" / "peers" / peer)
    except Exception as error:  # whatever the package index, pip or the disk have against it
        raise BenchmarkError(f"cannot be installed: {error}") from error


# What servers, brokers and clients may come to grief with: the rest is measured all the same.
FAILURES = (
    BenchmarkError,
    ChildFailed,
    KafkaError,
    KafkaException,
    OSError,
    TimeoutError,
    ValueError,
    subprocess.SubprocessError,
)


@dataclass(frozen=True)
class Bench:
    """One run: `folder` is deleted in the end; `quick` is for seeing that everything runs, with rough numbers."""

    quick: bool
    models_dir: Path
    folder: Path

    @property
    def rounds(self) -> int:
        """How often each contestant has its turn."""
        return 1 if self.quick else 3

    @property
    def seconds(self) -> int:
        """How long a turn lasts."""
        return 2 if self.quick else 4

    def model_file(self, model: str) -> Path:
        """The pickled estimator of the served version."""
        return bundle.current(self.models_dir, model).path / MODEL

    def samples(self, model: str, count: int) -> list[Features]:
        """So many rows of the model's test set, which begins again where it ends."""
        rows = [features for _, features, _ in bundle.current(self.models_dir, model).test_set()]
        return list(itertools.islice(itertools.cycle(rows), count))

    def inputs(self, model: str, rows: list[Features]) -> Any:
        """The rows as the estimator takes them, a data frame."""
        features = bundle.current(self.models_dir, model).manifest.inputs
        encoded = [[feature.encode(row[feature.name]) for feature in features] for row in rows]
        return to_frame(features, Inputs(np.array(encoded)))

    def right(self, model: str, rows: list[Features]) -> "Predictions":
        """What scikit-learn itself predicts for the rows."""
        estimator = joblib.load(self.model_file(model))
        inputs, labels = self.inputs(model, rows), bundle.current(self.models_dir, model).manifest.labels
        # A hard vote has no probabilities of its own.
        shares = estimator.predict_proba(inputs).ravel().tolist() if hasattr(estimator, "predict_proba") else []
        return Predictions([labels[code] for code in estimator.predict(inputs)], shares)

    def peer_file(self, model: str) -> Path:
        """The pickled pipeline as tutorials fit it: on arrays and not on data frames, its classes the labels."""
        path = self.folder / f"{model}.joblib"
        if not path.exists():
            pipeline = joblib.load(self.model_file(model))
            for _, step in pipeline.steps:
                vars(step).pop("feature_names_in_", None)  # else a peer would be warned at each prediction
            pipeline[-1].classes_ = np.array(bundle.current(self.models_dir, model).manifest.labels)
            joblib.dump(pipeline, path)
        return path


@dataclass(frozen=True)
class Predictions:
    """The labels of some rows, and the probabilities of all classes, row by row."""

    labels: Sequence[str]
    probabilities: Sequence[float]

    def are_in(self, answer: Any) -> bool:
        """Whether a JSON answer of whatever form has these labels and no others, or these probabilities in order."""
        if labels_in(answer) == list(self.labels):
            return True
        found = iter(numbers_in(answer))
        return bool(self.probabilities) and all(
            any(abs(number - share) < TOLERANCE for number in found) for share in self.probabilities
        )


def labels_in(answer: Any) -> list[str]:
    """The labels among the values of a JSON answer, in order."""
    return [value for value in _values(answer) if isinstance(value, str) and value in LABELS]


def numbers_in(answer: Any) -> list[float]:
    """The numbers with a fraction among the values of a JSON answer, in order."""
    return [value for value in _values(answer) if isinstance(value, float)]


def _values(answer: Any) -> Iterator[Any]:
    """All values that hold no others, but for the votes: they are no predictions."""
    if isinstance(answer, dict):
        answer = [value for name, value in answer.items() if name != "votes"]
    if isinstance(answer, list):
        for value in answer:
            yield from _values(value)
    else:
        yield answer


def plain(title: str) -> str:
    """A title as the name of a file or topic."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


def say(text: str) -> None:
    """Tell who waits what happens now."""
    print(f"==> {text}", file=sys.stderr, flush=True)

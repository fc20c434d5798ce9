"""What every section of a run works with: how long, where the models are, and a way to say what happens."""

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from petalstream import bundle
from petalstream.bundle import MODEL

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "benchmarks"
LABELS = frozenset({"setosa", "versicolor", "virginica", "survived", "died"})
Features = dict[str, Any]


class BenchmarkError(Exception):
    """Something that was to be measured does not run, or answers wrongly."""


@dataclass(frozen=True)
class Bench:
    """One run: `folder` is deleted in the end; `quick` is for seeing that everything runs, with rough numbers."""

    quick: bool
    models_dir: Path
    folder: Path

    @property
    def rounds(self) -> int:
        """How often each contestant has its turn."""
        return 2 if self.quick else 3

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

    def inputs(self, model: str, rows: list[Features]) -> list[list[Any]]:
        """The rows as the estimator takes them."""
        names = [feature.name for feature in bundle.current(self.models_dir, model).manifest.inputs]
        return [[float(row[name]) for name in names] for row in rows]

    def expected(self, model: str, rows: list[Features]) -> list[str]:
        """What scikit-learn itself predicts for the rows."""
        labels: list[str] = joblib.load(self.model_file(model)).predict(self.inputs(model, rows)).tolist()
        return labels


def labels_in(answer: Any) -> list[str]:
    """The labels among the values of a JSON answer of whatever form, in order."""
    if isinstance(answer, dict):
        return [label for value in answer.values() for label in labels_in(value)]
    if isinstance(answer, list):
        return [label for value in answer for label in labels_in(value)]
    return [answer] if isinstance(answer, str) and answer in LABELS else []


def say(text: str) -> None:
    """Tell who waits what happens now."""
    print(f"==> {text}", file=sys.stderr, flush=True)

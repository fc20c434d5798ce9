"""Models of made-up data, to see how the api's work grows with what a model is."""

import csv
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bench import ROOT, Bench, BenchmarkError
from petalstream import settings

ROWS, TRAIN_SECONDS = 300, 900
DEFINITION = """
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from petalstream.features import Number
from services.trainer.definition import Classes, Definition

MODEL = Definition(
    csv="{name}.csv",
    features=[Number(f"feature_{{number}}", f"Feature {{number}}") for number in range({features})],
    target=Classes("label", ["high", "low"]),
    estimator={estimator},
    grid={{}},
)
"""


def train(bench: Bench, models: Mapping[str, tuple[int, str]]) -> None:
    """Publish a model for each name, with so many features and that estimator. Raises BenchmarkError.

    They are trained in a copy of the trainer: a model is a file of its own there.
    """
    if all((bench.models_dir / name / "current").exists() for name in models):
        return
    copy, data = bench.folder / "trainer", bench.folder / "data"
    data.mkdir()
    for room in ("services", "petalstream"):
        shutil.copytree(ROOT / room, copy / room)
    for name, (features, estimator) in models.items():
        definition = copy / "services" / "trainer" / "models" / f"{name}.py"
        definition.write_text(DEFINITION.format(name=name, features=features, estimator=estimator))
        _write(data / f"{name}.csv", features)
    ended = subprocess.run(
        [sys.executable, "-m", "services.trainer", *models],
        cwd=copy,
        env=settings.inherited(models_dir=bench.models_dir, data_dir=data),
        capture_output=True,
        text=True,
        timeout=TRAIN_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        raise BenchmarkError(f"the trainer: {ended.stderr[-1000:]}")


def row(features: int, draw: random.Random) -> dict[str, float]:
    """Made-up values of so many features."""
    return {f"feature_{number}": round(draw.gauss(0, 1), 3) for number in range(features)}


def _write(path: Path, features: int) -> None:
    draw = random.Random(0)
    rows = [row(features, draw) for _ in range(ROWS)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*rows[0], "label"])
        writer.writerows([*each.values(), "high" if each["feature_0"] > draw.gauss(0, 0.5) else "low"] for each in rows)

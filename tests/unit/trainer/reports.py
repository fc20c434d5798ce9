"""Fitted models and their reports."""

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from petalstream.features import Feature, Number
from services.trainer import report
from services.trainer.data import csv_reader
from services.trainer.data.split import Parts, split
from services.trainer.definition import Classes, Definition
from services.trainer.fitting.grid_search import SearchScores
from services.trainer.tasks import task_of
from tests.unit.trainer.datasets import make_dataset

DATA = Path(__file__).parents[3] / "data"
SVG = "{http://www.w3.org/2000/svg}"


@dataclasses.dataclass(frozen=True)
class Model:
    """A fitted model with what its report is drawn from, and the report."""

    estimator: Any
    parts: Parts
    definition: Definition
    files: dict[str, bytes]

    @property
    def index(self) -> Any:
        return json.loads(self.files["report.json"])

    def figure(self, name: str) -> dict[str, Any]:
        return next(figure for figure in self.index["figures"] if figure["name"] == name)

    def texts(self, name: str) -> list[str]:
        drawn = ElementTree.fromstring(self.files[f"{name}.light.svg"])  # noqa: S314 - our own
        return ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]


def reported(estimator: Any, parts: Parts, model: Definition, searches: tuple[SearchScores, ...] = ()) -> Model:
    estimator.fit(parts.training.frame, parts.training.targets)
    return Model(estimator, parts, model, report.draw(estimator, parts, model, searches))


def parts_of(model: Definition) -> Parts:
    path = DATA / model.file.path
    samples = csv_reader.parse(path.read_bytes(), path, model)[1]
    return split(samples, task_of(model).strata(samples), 42)


def made_up(model: Definition, each: int = 20) -> Parts:
    """Samples of every class of a definition, drawn at random around the class's position."""
    random = np.random.default_rng(0)
    assert isinstance(model.target, Classes)
    words = list(model.target.words.values())
    centres = np.repeat(np.arange(len(words)), each)
    columns = []
    for feature in model.inputs:
        values = centres + random.normal(size=len(centres))
        most = len(feature.options) - 1
        columns.append(np.clip(np.round(values), 0, most) if feature.options else values)
    codes = np.array([model.labels.index(word) for word in words])[centres]
    return split(make_dataset(model, np.column_stack(columns), codes), codes, 0)


def of_labels(labels: list[str], *features: Feature) -> Definition:
    return Definition("", features or (Number("x", "X"),), Classes("y", labels), LogisticRegression(), {})

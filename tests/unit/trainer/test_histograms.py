"""Histogram boosting as ONNX: categories are numbers of any size, and those that are new count as missing."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from petalstream.features import Category, Feature, Integer, Number
from services.trainer.conversion.comparison import compare
from services.trainer.conversion.onnx_model import convert
from services.trainer.definition import Classes, Definition
from tests.unit.trainer.datasets import make_dataset

CODES = np.array([-7, 0, 3, 41, 3_000_000])
NEW = np.array([-8, -1, 1, 2, 5, 42, -3_000_000, 3_000_001, 1e30, np.nan])
SOILS = ("clay", "peat", "sand")
FEATURES = (Number("height"), Integer("zone", optional=True), Category("soil", choices=SOILS), Integer("plot"))
KINDS = ("alba", "gallica", "rugosa")


def fitted(categories: list[str], kinds: int, missing: float = 0.0) -> tuple[Definition, Any, NDArray[np.float64]]:
    """Return a model of roses whose kind depends on zone, soil and plot, and the rows that it was fitted on."""
    draw = np.random.default_rng(0)
    zone, soil, plot = (draw.integers(0, count, 400) for count in (len(CODES), len(SOILS), len(CODES)))
    height = draw.normal(100, 30, 400)
    codes = (zone * 2 + soil + plot + (height > 100) + draw.integers(0, 2, 400)) % kinds
    zones = np.where(draw.random(400) < missing, np.nan, CODES[zone])
    matrix = np.column_stack([height, zones, soil, CODES[plot]])
    boosted = HistGradientBoostingClassifier(
        categorical_features=categories, max_iter=3, min_samples_leaf=5, random_state=0
    )
    model = Definition("roses.csv", FEATURES, Classes("kind", KINDS[:kinds]), boosted)
    data = make_dataset(model, matrix, codes)
    return model, boosted.fit(data.frame, data.targets), matrix


def with_new_categories(rows: NDArray[np.float64], features: tuple[Feature, ...] = FEATURES) -> NDArray[np.float64]:
    """Return the rows, and rows in which one whole number or both have values that are in none of them."""
    positions = [position for position, feature in enumerate(features) if isinstance(feature, Integer)]
    changed = [rows.copy() for _ in range(3)]
    values = np.resize(NEW, len(rows))
    for copy, columns in zip(changed, (positions, positions[:1], positions[1:]), strict=True):
        copy[:, columns] = values[:, np.newaxis]
    return np.concatenate([rows, *changed])


@pytest.mark.parametrize(("kinds", "missing"), [(2, 0.0), (3, 0.1)])
@pytest.mark.parametrize("categories", [["zone", "soil"], ["plot", "soil"], ["zone", "soil", "plot"]], ids=" ".join)
def test_negative_far_and_new_categories_and_missing_ones_are_answered_as_scikit_learn_does(
    categories: list[str], kinds: int, missing: float
) -> None:
    model, boosted, rows = fitted(categories, kinds, missing)
    assert any(predictor.nodes["is_categorical"].any() for each in boosted._predictors for predictor in each)
    assert compare(boosted, convert(boosted, FEATURES), with_new_categories(rows), model, 1e-6) < 1e-12


def test_a_graph_is_no_larger_for_the_size_of_its_categories() -> None:
    _, boosted, _ = fitted(["zone", "soil", "plot"], 2)
    assert len(convert(boosted, FEATURES)) < 100_000

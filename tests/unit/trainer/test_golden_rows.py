"""Golden rows: each label, choice and missing value has one, and so has the boundary between two answers."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from petalstream.features import Category, Integer, Number, YesNo
from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.inference import infer
from petalstream.model.manifest import Manifest
from services.trainer.data import csv_reader
from services.trainer.definition import Classes, Csv, Definition
from services.trainer.evaluation.golden_rows import FEWEST, MOST, choose_rows, predict_golden_rows
from tests.unit.trainer.datasets import make_dataset

TREES = Definition(
    Csv("trees.csv", missing=("NA",)),
    [Number("height", optional=True), Integer("age", optional=True), Category("soil", optional=True), Number("girth")],
    Classes("tree", ("elm", "oak")),
    HistGradientBoostingClassifier(max_iter=2),
)
ROWS = ["NaN,1,peat,1,oak", "nan,NaN,,2,elm", "1.5,,NA,3,oak", "NA,,clay,4,elm"]
SOILS = tuple(f"soil {number}" for number in range(300))
LABELS = [f"kind {number}" for number in range(8)]


@pytest.mark.parametrize("kind", ["NaN", "nan", "NA", "", " "])
def test_a_cell_that_stands_for_no_value_is_null_and_not_in_the_golden_row(iris: Bundle, kind: str) -> None:
    rows = [f"{kind if i < 10 else i},1,peat,{i},{'oak' if i % 2 else 'elm'}" for i in range(20)]
    lines = ["height,age,soil,girth,tree", *rows]
    model, read = csv_reader.parse("\n".join(lines).encode(), Path("trees.csv"), TREES)
    assert read.values[:, 0].tolist() == [*[None] * 10, *range(10, 20)]
    assert np.isnan(read.inputs.matrix[:10, 0]).all()
    golden = predict_golden_rows(model.estimator.fit(read.frame, read.targets), read, model)
    assert {"age": 1, "soil": "peat", "girth": 0} in [each["features"] for each in golden]
    assert all("height" in each["features"] or each["features"]["girth"] < 10 for each in golden)
    manifest = dataclasses.replace(iris.manifest, features=model.columns, labels=model.labels, golden=tuple(golden))
    assert Manifest.from_json(manifest.to_json()).golden == tuple(golden)


def test_golden_rows_are_encoded_as_their_samples_were() -> None:
    lines = ["height,age,soil,girth,tree", *ROWS * 5]
    model, read = csv_reader.parse("\n".join(lines).encode(), Path("trees.csv"), TREES)
    fitted = model.estimator.fit(read.frame, read.targets)
    golden = predict_golden_rows(fitted, read, model)
    rows = json.loads(json.dumps([each["features"] for each in golden], allow_nan=False))
    assert {"age": 1, "soil": "peat", "girth": 1} in rows
    assert {"girth": 2} in rows
    chosen = choose_rows(read, model, infer(fitted, read.frame, 2))
    encoded = encode_inputs(rows, model.inputs).matrix
    assert np.array_equal(encoded, read.inputs.matrix[chosen], equal_nan=True)
    assert math.isnan(encoded[rows.index({"girth": 2}), 1])


def test_each_label_has_a_golden_row_though_the_rows_come_sorted_by_it() -> None:
    """The first five rows of sorted samples have one label."""
    model = Definition("", [Number("x")], Classes("kind", LABELS), LogisticRegression(max_iter=2_000))
    codes = np.repeat(np.arange(len(LABELS)), 20)
    samples = make_dataset(model, codes[:, None] + np.linspace(0, 0.9, len(codes))[:, None], codes)
    chosen = choose_rows(samples, model, infer(model.estimator.fit(samples.frame, codes), samples.frame, len(LABELS)))
    assert set(samples.targets[chosen].tolist()) == set(range(len(LABELS)))


def test_each_choice_and_a_missing_value_have_a_golden_row() -> None:
    soil = Category("soil", choices=("clay", "peat", "sand"), optional=True)
    model = Definition("", [Number("x"), YesNo("wild"), soil], Classes("kind", ["a", "b"]), TREES.estimator)
    matrix = np.column_stack([np.arange(60.0), np.arange(60) == 57, np.where(np.arange(60) < 50, 0.0, 1.0)])
    matrix[58, 2], matrix[59, 2] = 2, np.nan
    samples = make_dataset(model, matrix, np.arange(60) % 2)
    samples = dataclasses.replace(samples, values=_decoded(model, matrix))
    chosen = choose_rows(samples, model, infer(model.estimator.fit(samples.frame, samples.targets), samples.frame, 2))
    assert {57, 58, 59} <= set(chosen)


def test_the_row_that_is_nearest_to_another_label_is_a_golden_row() -> None:
    model = Definition("", [Number("x")], Classes("kind", ["a", "b"]), LogisticRegression())
    position = np.append(np.where(np.arange(40) % 2, 5.0, -5.0), 0.01)
    samples = make_dataset(model, position[:, None], (position > 0).astype(int))
    fitted = model.estimator.fit(samples.frame, samples.targets)
    assert len(position) - 1 in choose_rows(samples, model, infer(fitted, samples.frame, 2))


def test_the_least_and_the_greatest_number_are_golden_rows() -> None:
    model = Definition("", [Number("x")], Number("y"), LinearRegression())
    position = np.append(np.linspace(4, 6, 40), [9.0, 1.0])
    samples = make_dataset(model, position[:, None], position)
    chosen = choose_rows(samples, model, infer(model.estimator.fit(samples.frame, position), samples.frame, 0))
    assert {40, 41} <= set(chosen)
    assert len(chosen) >= FEWEST


def test_there_are_no_more_golden_rows_than_are_opened_in_an_instant() -> None:
    model = Definition("", [Category("soil", choices=SOILS)], Classes("kind", ["a", "b"]), LogisticRegression())
    codes = np.arange(600) % 300
    samples = make_dataset(model, codes[:, None].astype(float), np.arange(600) // 300)
    samples = dataclasses.replace(samples, values=_decoded(model, samples.inputs.matrix))
    encoded = dataclasses.replace(samples, frame=samples.frame.apply(lambda column: column.cat.codes))
    fitted = LogisticRegression().fit(encoded.frame, samples.targets)
    assert len(choose_rows(samples, model, infer(fitted, encoded.frame, 2))) == MOST


def _decoded(model: Definition, matrix: np.ndarray) -> np.ndarray:
    """The values as the CSV reader gives them: choices as texts, yes or no as truth, and None for a missing one."""
    values = np.empty(matrix.shape, dtype=object)
    for column, feature in enumerate(model.columns):
        for row, number in enumerate(matrix[:, column]):
            choices = feature.choices if isinstance(feature, Category) else ()
            known = choices[int(number)] if choices and not np.isnan(number) else bool(number)
            values[row, column] = None if np.isnan(number) else known if feature.options else float(number)
    return values

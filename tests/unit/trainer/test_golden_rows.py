"""Golden rows of samples with missing values, which the manifest has as valid JSON."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from petalstream.features import Category, Integer, Number
from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.manifest import Manifest
from services.trainer.data import csv_reader
from services.trainer.definition import Classes, Csv, Definition
from services.trainer.evaluation.golden_rows import COUNT, predict_golden_rows

TREES = Definition(
    Csv("trees.csv", missing=("NA",)),
    [Number("height", optional=True), Integer("age", optional=True), Category("soil", optional=True), Number("girth")],
    Classes("tree", ("elm", "oak")),
    HistGradientBoostingClassifier(max_iter=2),
)
ROWS = ["NaN,1,peat,1,oak", "nan,NaN,,2,elm", "1.5,,NA,3,oak", "NA,,clay,4,elm"]


@pytest.mark.parametrize("kind", ["NaN", "nan", "NA", "", " "])
def test_a_cell_that_stands_for_no_value_is_null_and_not_in_the_golden_row(iris: Bundle, kind: str) -> None:
    rows = [f"{kind if i < COUNT else i},1,peat,{i},{'oak' if i % 2 else 'elm'}" for i in range(20)]
    lines = ["height,age,soil,girth,tree", *rows]
    model, read = csv_reader.parse("\n".join(lines).encode(), Path("trees.csv"), TREES)
    assert read.values[:, 0].tolist() == [*[None] * COUNT, *range(COUNT, 20)]
    assert np.isnan(read.inputs.matrix[:COUNT, 0]).all()
    golden = predict_golden_rows(model.estimator.fit(read.frame, read.targets), read, model)
    assert [each["features"] for each in golden] == [{"age": 1, "soil": "peat", "girth": i} for i in range(COUNT)]
    manifest = dataclasses.replace(iris.manifest, features=model.columns, labels=model.labels, golden=tuple(golden))
    assert Manifest.from_json(manifest.to_json()).golden == tuple(golden)


def test_golden_rows_are_encoded_as_their_samples_were() -> None:
    lines = ["height,age,soil,girth,tree", *ROWS * 5]
    model, read = csv_reader.parse("\n".join(lines).encode(), Path("trees.csv"), TREES)
    golden = predict_golden_rows(model.estimator.fit(read.frame, read.targets), read, model)
    rows = json.loads(json.dumps([each["features"] for each in golden], allow_nan=False))
    assert rows[:4] == [
        {"age": 1, "soil": "peat", "girth": 1},
        {"girth": 2},
        {"height": 1.5, "girth": 3},
        {"soil": "clay", "girth": 4},
    ]
    encoded = encode_inputs(rows, model.inputs).matrix
    assert np.array_equal(encoded, read.inputs.matrix[:COUNT], equal_nan=True)
    assert math.isnan(encoded[1, 1])

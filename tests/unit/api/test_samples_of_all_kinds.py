"""Rows of all kinds of features in columns: encoded as row by row, or left to be validated row by row."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.features import Category, Date, Feature, Integer, Number, Text, YesNo
from petalstream.model.encoding import encode_inputs
from petalstream.row_validation import validate_row
from services.api.scoring.matrix import Encoder

GOOD: dict[str, list[Any]] = {
    "number": [1.5, 0, -2],
    "integer": [3, 4.0],
    "yes_no": [True, False, 1, 0],
    "category": ["red", "blue", 3, 3.0, "3"],
    "other": ["red", "green", 7],
    "date": ["2026-11-30", "1969-12-31"],
    "text": ["", "a rose", "1"],
}
BAD: list[Any] = [None, math.nan, math.inf, "", "x", 2.5, [], {}]
KINDS: dict[str, type[Feature]] = {
    "number": Number,
    "integer": Integer,
    "yes_no": YesNo,
    "date": Date,
    "text": Text,
}


def feature(name: str, **keywords: Any) -> Feature:
    """A feature of that kind under its name."""
    if name in KINDS:
        return KINDS[name](name, **keywords)
    return Category(name, choices=("red", "blue", 3), other=name == "other", **keywords)


@pytest.mark.parametrize("keywords", [{}, {"optional": True}, {"used": False}, {"used": False, "optional": True}])
@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
def test_a_column_is_encoded_as_its_rows_are_or_left_to_them(
    name: str, keywords: dict[str, Any], data: st.DataObject
) -> None:
    features = [Number("first"), feature(name, **keywords)]
    values = data.draw(st.lists(st.sampled_from([*GOOD[name], *GOOD[name], *BAD]), min_size=2, max_size=5))
    rows = [{"first": 1.0, name: value} for value in values]
    found = Encoder(features).encode_rows(rows)
    inputs = [each for each in features if each.used]
    if any(error for row in rows for error in validate_row(features, row)):
        assert found is None
    elif found:
        expected = encode_inputs(rows, inputs)
        assert np.array_equal(found.inputs.matrix, expected.matrix, equal_nan=True)
        assert {key: list(texts) for key, texts in found.inputs.texts.items()} == expected.texts
        is_input = features[1] in inputs
        named = [row for row, value in enumerate(values) if not features[1].is_missing(value)]
        assert list(found.unused) == ([] if is_input else named)


@pytest.mark.parametrize("name", GOOD)
def test_good_columns_are_encoded_at_once(name: str) -> None:
    rows = [{name: value} for value in GOOD[name]]
    assert Encoder([feature(name)]).encode_rows(rows)
    assert Encoder([feature(name, optional=True)]).encode_rows([*rows, {name: None}])

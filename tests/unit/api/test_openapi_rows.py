"""The JSON Schema of a row accepts the rows in which `validate_row` finds no error, and no others."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from petalstream.features import FLOAT32_MAX, Category, Integer, Number, YesNo
from petalstream.row_validation import validate_row
from services.api.openapi import rows

FEATURES = (
    Number("number", "Number"),
    Number("bounded", "Bounded", minimum=-1.5, maximum=2),
    Integer("whole", "Whole", minimum=0),
    YesNo("yes_no", "Yes or no"),
    Category("category", "Category", choices=("a", "1")),
    Number("unused_number", "Unused number", maximum=1, used=False),
    YesNo("unused_yes_no", "Unused yes or no", used=False),
    Category("unused_category", "Unused category", choices=("a", "b"), used=False),
)
VALID: dict[str, Any] = {"number": 0.5, "bounded": 0, "whole": 1, "yes_no": True, "category": "a"}
SCHEMA = Draft202012Validator(rows.row(FEATURES, rows.value))
NAMES = st.sampled_from([*(feature.name for feature in FEATURES), "unknown"])
EDGES = st.sampled_from(
    [-1.5, 2, 2.0, -1, 0, 1, 0.5, 1.0, FLOAT32_MAX, -FLOAT32_MAX, 3.5e38, 10**400, "a", "b", "1", ""]
)
VALUES = EDGES | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.none() | st.booleans() | st.text() | st.lists(st.integers())


@given(st.dictionaries(NAMES, VALUES | ANYTHING, max_size=2), st.sets(NAMES, max_size=1))
def test_schema_and_validate_row_agree(changes: dict[str, object], missing: set[str]) -> None:
    row = {name: value for name, value in (VALID | changes).items() if name not in missing}
    assert SCHEMA.is_valid(row) == (not list(validate_row(FEATURES, row)))


@given(ANYTHING | VALUES)
def test_schema_and_validate_row_agree_on_what_is_no_object(row: object) -> None:
    assert not SCHEMA.is_valid(row)
    assert list(validate_row(FEATURES, row))

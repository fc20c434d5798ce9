"""Rows against features: what fits, what the errors say, and which features are refused."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.error_text import in_full
from petalstream.features import Category, Date, Integer, Number, Text, YesNo, feature_from_dict
from petalstream.reasons import Fault, Reason
from petalstream.row_validation import RowError, validate_row

LENGTH = Number("length", "Length", "cm", "How long it is", minimum=0, maximum=100)
FREE = Number("shift", "Shift", "m", "Where it is")
COUNT = Integer("count", "Count", "", "How many there are")


@pytest.mark.parametrize("value", [0, 100, 5.1, 1e-300, -0.0])
def test_a_finite_number_within_the_bounds_fits(value: float) -> None:
    assert LENGTH.find_fault(value) is None


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (None, Reason.WRONG_TYPE, "must be a number, not null"),
        (True, Reason.WRONG_TYPE, "must be a number, not a boolean"),
        ("5.1", Reason.WRONG_TYPE, "must be a number, not the text '5.1'"),
        ("x" * 50, Reason.WRONG_TYPE, f"must be a number, not the text '{'x' * 39}…'"),
        ([5.1], Reason.WRONG_TYPE, "must be a number, not a list"),
        ({}, Reason.WRONG_TYPE, "must be a number, not an object"),
        (float("nan"), Reason.NOT_FINITE, "must be a finite number, not NaN or infinite"),
        (float("inf"), Reason.NOT_FINITE, "must be a finite number, not NaN or infinite"),
        pytest.param(10**400, Reason.NOT_FINITE, "is a whole number too large for a float", id="10**400"),
        (-0.1, Reason.OUT_OF_RANGE, "must be at least 0 cm, not -0.1"),
        (100.5, Reason.OUT_OF_RANGE, "must be at most 100 cm, not 100.5"),
    ],
)
def test_a_value_that_cannot_be_the_feature_is_told_why(value: object, reason: Reason, message: str) -> None:
    assert LENGTH.find_fault(value) == Fault(reason, message)


def test_a_number_beyond_what_tree_models_compute_in_is_refused() -> None:
    assert FREE.find_fault(-3.5e38) == Fault(Reason.OUT_OF_RANGE, "must be within ±3.4e+38, not -3.5e+38")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("+3", 3),
        ("3.0", 3),
        ("-3e2", -300),
        ("9007199254740993", 2**53 + 1),
        ("0" * 5_000 + "135", 135),
        ("3.4e38", 3.4e38),
        ("1e400", float("inf")),
        ("3.5", 3.5),
        ("1_0", "1_0"),
    ],
)
def test_a_text_of_a_whole_number_has_the_value_that_it_has_in_json(text: str, value: object) -> None:
    assert COUNT.parse(text) == value
    if text == "3.4e38":
        assert COUNT.find_fault(COUNT.parse(text)) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (42.0, "42"),
        (1234567, "1234567"),
        (1234567.5, "1234567.5"),
        (7.900000095367432, "7.900000095367432"),
        (1e-7, "1e-07"),
        (2**63, "9223372036854775808"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (10**30, "1e+30"),
        (-0.1, "-0.1"),
    ],
)
def test_a_number_is_written_in_full(number: float, text: str) -> None:
    assert in_full(number) == text


def test_every_fault_of_a_row_is_listed_with_row_field_and_reason() -> None:
    errors = list(validate_row([LENGTH, FREE], {"shift": None, "width": 1}, index=7))
    assert errors == [
        RowError(7, "length", "is missing", Reason.MISSING_FEATURE),
        RowError(7, "shift", "must be a number, not null", Reason.WRONG_TYPE),
        RowError(7, "width", "is not a feature; the features are length, shift", Reason.UNKNOWN_FEATURE),
    ]


def test_a_row_that_is_no_object_is_one_error() -> None:
    assert list(validate_row([LENGTH], [5.1], index=2)) == [
        RowError(2, None, "must be an object of named features, not a list", Reason.NOT_AN_OBJECT)
    ]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values)
def test_a_row_without_errors_is_just_the_features_with_finite_numbers(row: Any) -> None:
    if not list(validate_row([LENGTH], row)):
        assert list(row) == ["length"]
        assert 0 <= float(row["length"]) <= 100


def test_a_feature_survives_its_way_through_the_manifest() -> None:
    assert feature_from_dict(json.loads(json.dumps(LENGTH.to_dict()))) == LENGTH


@pytest.mark.parametrize("of", [Number, Integer, YesNo, Text, Date])
def test_choices_belong_to_a_category(of: Any) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'choices'"):
        of("colour", "Colour", choices=("one", "two"))


def test_a_feature_without_a_label_is_shown_by_its_name() -> None:
    assert [Number(name).label for name in ("petal_length", "age", "_")] == ["Petal length", "Age", "_"]


@pytest.mark.parametrize(
    ("of", "given", "said"),
    [
        (Number, {"name": ""}, "a feature needs a name, and has ''"),
        (Number, {"name": " "}, "a feature needs a name, and has ' '"),
        (Number, {"minimum": 2, "maximum": 1}, "a minimum of 2 above its maximum of 1"),
        (Number, {"maximum": math.nan}, "a bound of colour must be a number, not nan"),
        (Integer, {"minimum": "2"}, "a bound of colour must be a number, not '2'"),
        (Category, {"choices": ("a", " a")}, "must differ from each other, from nothing and from"),
        (Category, {"choices": ("a", " ")}, "must differ from each other, from nothing and from"),
        (Category, {"choices": ("a", "(other)")}, "must differ from each other, from nothing and from"),
        (Category, {"choices": (1, "1")}, "must differ from each other, from nothing and from"),
        (Category, {"choices": (True, "a")}, "a choice must be a text or a number, not True"),
        (Number, {"used": "no"}, "used of colour must be True or False, not 'no'"),
        (Text, {"optional": "yes"}, "optional of colour must be True or False, not 'yes'"),
        (YesNo, {"optional": 1}, "optional of colour must be True or False, not 1"),
        (Category, {"other": "no"}, "other of colour must be True or False, not 'no'"),
        (Category, {"choices": "red"}, "the choices of colour must be a list, not 'red'"),
    ],
)
def test_a_feature_that_no_form_could_fill_in_is_refused(of: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        of(**{"name": "colour", "label": "Colour", **given})

"""Features of every kind: what fits, how text and JSON mean it, and what the model gets."""

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.features import Category, Date, Feature, Integer, Number, Text, YesNo, feature_from_dict
from petalstream.reasons import Fault, Reason
from petalstream.row_validation import validate_row

DAYS = Integer("days", "Days", "d", minimum=0, maximum=365)
LENGTH = Number("length", "Length", "cm")
SMOKES = YesNo("smokes", "Smokes")
COLOUR = Category("colour", "Colour", choices=("white", "dark red"))
SIZE_CHOICES: Any = [1, 2.0, "XL"]
SIZE = Category("size", "Size", choices=SIZE_CHOICES, other=True)
NOTE = Text("note", "Note")
SOWN = Date("sown", "Sown", optional=True)
SEX = YesNo("sex", "Sex", used=False)
ALL = [DAYS, LENGTH, SMOKES, COLOUR, SOWN]
FITTING = {
    "days": st.integers(0, 365) | st.integers(0, 365).map(float),
    "length": st.floats(-1e9, 1e9),
    "smokes": st.booleans(),
    "colour": st.sampled_from(COLOUR.choices),
    "sown": st.dates().map(str),
}


@pytest.mark.parametrize(
    ("feature", "text", "value"),
    [
        (DAYS, "12", 12),
        (DAYS, " 12.0 ", 12),
        (LENGTH, "1.9", 1.9),
        (LENGTH, "1e3", 1000.0),
        (SMOKES, "yes", True),
        (SMOKES, "0", False),
        (SMOKES, "1.0", True),
        (SMOKES, "False", False),
        (COLOUR, " dark red ", "dark red"),
        (SIZE, "1", "1"),
        (SIZE, "huge", "huge"),
        (NOTE, " as it is ", " as it is "),
        (SOWN, " 2026-11-29 ", "2026-11-29"),
    ],
)
def test_text_is_read_as_the_value_that_it_means(feature: Feature, text: str, value: object) -> None:
    read = feature.parse(text)
    assert (read, type(read)) == (value, type(value))
    assert feature.find_fault(read) is None


@pytest.mark.parametrize(
    ("feature", "text", "said"),
    [
        (DAYS, "soon", "must be a whole number, not the text 'soon'"),
        (DAYS, "1.5", "must be a whole number, not 1.5"),
        (DAYS, "400", "must be at most 365 d, not 400"),
        (LENGTH, "1_000", "must be a number, not the text '1_000'"),
        (LENGTH, "1,9", "must be a number, not the text '1,9'"),
        (LENGTH, "nan", "must be a finite number, not NaN or infinite"),
        (SMOKES, "perhaps", "must be yes or no (in JSON true or false, or 1 or 0), not the text 'perhaps'"),
        (COLOUR, "blue", "must be one of white, dark red, not the text 'blue'"),
        (SOWN, "29.11.2026", "must be a date such as 2026-11-29, not the text '29.11.2026'"),
        (SOWN, "2026-02-30", "must be a date such as 2026-11-29, not the text '2026-02-30'"),
    ],
)
def test_text_that_means_no_value_is_kept_and_told(feature: Feature, text: str, said: str) -> None:
    fault = feature.find_fault(feature.parse(text))
    assert fault
    assert fault.message == said


def test_a_whole_number_is_compared_with_its_bounds_to_the_last_digit() -> None:
    count = Integer("count", "Count", maximum=2**60)
    assert [count.find_fault(2**60 + more) is None for more in (0, 1)] == [True, False]
    assert [count.parse(str(2**60 + more)) for more in (0, 1)] == [2**60, 2**60 + 1]
    assert count.parse("1e400") == float("inf")


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0])
def test_yes_and_no_may_be_said_in_numbers_as_csv_files_do(value: object) -> None:
    assert SMOKES.find_fault(value) is None
    assert SMOKES.encode(value) == float(bool(value))


@pytest.mark.parametrize(
    ("feature", "value", "reason"),
    [
        (DAYS, True, Reason.WRONG_TYPE),
        (DAYS, 0.5, Reason.WRONG_TYPE),
        (DAYS, float("nan"), Reason.NOT_FINITE),
        (SMOKES, 2, Reason.WRONG_TYPE),
        (SMOKES, "yes", Reason.WRONG_TYPE),
        (SMOKES, float("nan"), Reason.WRONG_TYPE),
        (COLOUR, True, Reason.WRONG_TYPE),
        (COLOUR, ["white"], Reason.WRONG_TYPE),
        (COLOUR, 1, Reason.OUT_OF_RANGE),  # a choice may be a number
        (COLOUR, "White", Reason.OUT_OF_RANGE),
        (SIZE, True, Reason.WRONG_TYPE),
        (NOTE, 1, Reason.WRONG_TYPE),
        (SOWN, 20261129, Reason.WRONG_TYPE),
        (SOWN, "20261129", Reason.WRONG_TYPE),
        (SOWN, "2026-02-30", Reason.OUT_OF_RANGE),
    ],
)
def test_a_value_of_another_kind_is_refused(feature: Feature, value: object, reason: Reason) -> None:
    fault = feature.find_fault(value)
    assert isinstance(fault, Fault)
    assert fault.reason == reason


@given(st.fixed_dictionaries(FITTING))
def test_what_fits_survives_its_way_through_text_and_becomes_a_finite_input(row: dict[str, Any]) -> None:
    assert list(validate_row(ALL, row)) == []
    for feature in ALL:
        value = row[feature.name]
        assert feature.parse(feature.to_text(value)) == value
        assert abs(feature.encode(value)) < float("inf")


def test_a_choice_is_its_position_for_the_model() -> None:
    assert [COLOUR.encode(choice) for choice in COLOUR.choices] == [0.0, 1.0]


def test_a_choice_may_be_a_number_in_json_and_a_text_in_csv() -> None:
    assert SIZE.choices == ("1", "2", "XL")
    assert [SIZE.encode(value) for value in (1, 1.0, "1", 2, "XL")] == [0, 0, 0, 1, 2]


def test_all_values_that_are_not_listed_are_one_more_choice_where_they_are_accepted() -> None:
    assert SIZE.options == ("1", "2", "XL", "(other)")
    for value in (3, "S"):
        assert SIZE.find_fault(value) is None
        assert SIZE.encode(value) == 3


def test_a_date_is_the_days_since_1970_and_back() -> None:
    assert [SOWN.encode(date) for date in ("1970-01-01", "1969-12-31", "2026-11-29")] == [0, -1, 20786]
    assert SOWN.decode(20786) == "2026-11-29"


@pytest.mark.parametrize("feature", [DAYS, LENGTH, SMOKES, COLOUR, SIZE, NOTE, SOWN], ids=lambda each: str(each.kind))
def test_an_optional_value_may_be_missing_null_or_nan_and_is_no_number_for_the_model(feature: Feature) -> None:
    optional = dataclasses.replace(feature, optional=True)
    for row in ({}, {feature.name: None}, {feature.name: math.nan}):
        assert bool(list(validate_row([feature], row))) == feature.is_required
        assert list(validate_row([optional], row)) == []
        assert math.isnan(optional.encode(row.get(feature.name)))
        assert optional.to_text(row.get(feature.name)) == ""


def test_a_feature_that_is_not_used_may_be_missing_but_not_wrong() -> None:
    assert list(validate_row([SMOKES, SEX], {"smokes": True})) == []
    (error,) = validate_row([SMOKES, SEX], {"smokes": True, "sex": "f"})
    assert (error.field, error.reason) == ("sex", Reason.WRONG_TYPE)


@pytest.mark.parametrize("feature", [*ALL, SIZE, NOTE, SEX], ids=lambda each: each.name)
def test_a_feature_of_any_kind_survives_its_way_through_the_manifest(feature: Feature) -> None:
    described = json.loads(json.dumps(feature.to_dict()))
    assert feature_from_dict(described) == feature
    assert list(described) == list(DAYS.to_dict())


def test_a_choice_with_blanks_around_it_can_be_chosen() -> None:
    assert Category("a", "A", choices=(" x", "y")).parse("x ") == " x"


@pytest.mark.parametrize(("value", "found"), [(" ", "the text ' '"), (None, "null"), ([], "a list")])
def test_where_unlisted_values_are_accepted_the_message_lists_no_choices(value: object, found: str) -> None:
    fault = SIZE.find_fault(value)
    assert fault
    assert fault.message == f"must be a number or a text that is not blank, not {found}"


def test_blanks_around_a_choice_do_not_count() -> None:
    assert SIZE.encode(" XL ") == SIZE.encode("XL")

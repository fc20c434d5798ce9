"""Whole numbers, yes or no, and choices: what fits, how text and JSON mean them, and what the model gets."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.reasons import Reason
from petalstream.row_validation import validate_row
from petalstream.schema import Fault, Feature, Kind

DAYS = Feature("days", "Days", "d", minimum=0, maximum=365, kind=Kind.INTEGER)
LENGTH = Feature("length", "Length", "cm")
SMOKES = Feature("smokes", "Smokes", kind=Kind.YES_NO)
COLOUR = Feature("colour", "Colour", kind=Kind.CATEGORY, choices=("white", "dark red"))
SEX = Feature("sex", "Sex", kind=Kind.YES_NO, used=False)
ALL = [DAYS, LENGTH, SMOKES, COLOUR]
FITTING = {
    "days": st.integers(0, 365) | st.integers(0, 365).map(float),
    "length": st.floats(-1e9, 1e9),
    "smokes": st.booleans(),
    "colour": st.sampled_from(COLOUR.choices),
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
    ],
)
def test_text_that_means_no_value_is_kept_and_told(feature: Feature, text: str, said: str) -> None:
    fault = feature.find_fault(feature.parse(text))
    assert fault
    assert fault.message == said


def test_a_whole_number_is_compared_with_its_bounds_to_the_last_digit() -> None:
    count = Feature("count", "Count", maximum=2**60, kind=Kind.INTEGER)
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
        (COLOUR, 1, Reason.WRONG_TYPE),
        (COLOUR, ["white"], Reason.WRONG_TYPE),
        (COLOUR, "White", Reason.OUT_OF_RANGE),
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


def test_a_feature_that_is_not_used_may_be_missing_but_not_wrong() -> None:
    assert list(validate_row([SMOKES, SEX], {"smokes": True})) == []
    (error,) = validate_row([SMOKES, SEX], {"smokes": True, "sex": "f"})
    assert (error.field, error.reason) == ("sex", Reason.WRONG_TYPE)


@pytest.mark.parametrize("feature", [DAYS, SMOKES, COLOUR, SEX])
def test_a_feature_of_any_kind_survives_its_way_through_the_manifest(feature: Feature) -> None:
    assert Feature.from_dict({**asdict(feature), "choices": list(feature.choices)}) == feature


@pytest.mark.parametrize(("kind", "choices"), [(Kind.CATEGORY, ("one",)), (Kind.NUMBER, ("one", "two"))])
def test_choices_belong_to_a_category_and_are_two_or_more(kind: Kind, choices: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"colour is a .*: only a category has choices, and two or more"):
        Feature("colour", "Colour", kind=kind, choices=choices)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "a feature needs a name and a label"),
        ({"label": ""}, "a feature needs a name and a label"),
        ({"minimum": 2, "maximum": 1}, "a minimum of 2 above its maximum of 1"),
        ({"kind": Kind.CATEGORY, "choices": ("a", " a")}, "must differ from each other and from nothing"),
        ({"kind": Kind.CATEGORY, "choices": ("a", " ")}, "must differ from each other and from nothing"),
    ],
)
def test_a_feature_that_no_form_could_fill_in_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Feature(**{"name": "colour", "label": "Colour", **given})


def test_a_choice_with_blanks_around_it_can_be_chosen() -> None:
    assert Feature("a", "A", kind=Kind.CATEGORY, choices=(" x", "y")).parse("x ") == " x"

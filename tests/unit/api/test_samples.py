"""Many rows at once give what they give one by one, or are left to be looked at one by one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petalstream.features import FLOAT32_MAX, Category, Integer, Kind, Number, YesNo
from petalstream.row_validation import validate_row
from services.api.scoring.matrix import Encoder, Samples, Table
from services.api.wire.datatypes import DATATYPES

BIG = 2.0**60
FEATURES = (
    Number("length", "Length", minimum=0),
    Number("height", "Height", minimum=-5, maximum=300),
    Number("share", "Share"),
    Integer("days", "Days", minimum=0, maximum=99),
    Integer("atoms", "Atoms", minimum=-BIG, maximum=BIG),
    YesNo("wild", "Wild"),
    Category("soil", "Soil", choices=("clay", "sand", "1")),
    YesNo("sex", "Sex", used=False),
    Category("bed", "Bed", choices=("north", "south"), used=False),
)
NAMED = {feature.name: feature for feature in FEATURES}
MATCHER = Encoder(FEATURES)
FIT: Mapping[str, st.SearchStrategy[Any]] = {
    "length": st.floats(0, 3.3e38) | st.integers(0, 10**30),
    "height": st.floats(-5, 300) | st.integers(-5, 300),
    "share": st.floats(-3.3e38, 3.3e38) | st.integers(-(10**38), 10**38),
    "days": st.integers(0, 99) | st.integers(0, 99).map(float),
    "atoms": st.integers(-(2**59), 2**59),
    "wild": st.sampled_from([True, False, 0, 1, 0.0, 1.0, -0.0]),
    "soil": st.sampled_from(["clay", "sand", "1"]),
    "sex": st.booleans() | st.integers(0, 1),
    "bed": st.sampled_from(["north", "south"]),
}
EDGES = (0, 1, -1, 0.5, 1.5, 2, 99, 99.5, 100, -5, 300, 300.0000001, -1e-320, FLOAT32_MAX, -FLOAT32_MAX, 3.5e38, 1e300)
NEARLY: st.SearchStrategy[Any] = st.sampled_from(
    [
        *EDGES,
        *(int(bound) + step for bound in (FLOAT32_MAX, -FLOAT32_MAX, BIG, -BIG) for step in (-1, 0, 1)),
        *(10**400, -(10**400), float("nan"), float("inf"), -float("inf")),
        *(True, False, None, "", "clay", "north", "CLAY", "1", "5.1", [], [1], {}, {"a": 1}, "\ud800"),
    ]
)


@st.composite
def fitting(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of the same names that fit; a feature that is not used may be null in all of them."""
    names = [name for name, feature in NAMED.items() if feature.used or draw(st.booleans())]
    ordered = draw(st.permutations(names))
    values = {name: FIT[name] if NAMED[name].used or draw(st.booleans()) else st.none() for name in ordered}
    return draw(st.lists(st.fixed_dictionaries(values), min_size=1, max_size=6))


@st.composite
def anything(draw: st.DrawFn) -> list[Any]:
    """Such rows, of which some values and names may be others, and some rows no rows."""
    rows: list[Any] = draw(fitting())
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(rows) - 1))
        name = draw(st.sampled_from([*NAMED, "", "colour"]))
        match draw(st.integers(0, 9)):
            case 0:
                rows[at] = draw(NEARLY)
            case 1 if isinstance(rows[at], dict):
                rows[at] = {each: value for each, value in rows[at].items() if each != name}
            case _ if isinstance(rows[at], dict):
                rows[at] = rows[at] | {name: draw(NEARLY | FIT.get(name, NEARLY))}
    return rows


def one_by_one(rows: Sequence[Any]) -> tuple[list[list[float]], dict[int, list[str]]]:
    """What the model would be given of rows that fit, and the names in them that it does without."""
    matrix = [[each.encode(row[each.name]) for each in FEATURES if each.used] for row in rows]
    unused = {
        at: [each.name for each in FEATURES if not each.used and row.get(each.name) is not None]
        for at, row in enumerate(rows)
    }
    return matrix, {at: names for at, names in unused.items() if names}


def check(samples: Samples | None, rows: Sequence[Any]) -> None:
    """Nothing is said of the rows, or that they fit, which they do, and what they are."""
    if samples is not None:
        assert [error for row in rows for error in validate_row(FEATURES, row)] == []
        matrix, unused = one_by_one(rows)
        assert samples.inputs.matrix.tolist() == matrix
        assert (samples.inputs.matrix.dtype.name, samples.inputs.matrix.flags.c_contiguous) == ("float64", True)
        assert {at: list(names) for at, names in samples.unused.items()} == unused


def in_columns(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table({name: [row[name] for row in rows] for name in rows[0]})


@settings(max_examples=500, deadline=None)
@given(anything())
@example([dict.fromkeys(("length", "height", "share", "days", "atoms", "wild"), 1) | {"soil": "1"}])
def test_rows_are_taken_for_what_they_are_or_left_alone(rows: list[Any]) -> None:
    check(MATCHER.encode_rows(rows), rows)


@settings(max_examples=500, deadline=None)
@given(anything())
def test_columns_are_taken_for_what_they_are_or_left_alone(rows: list[Any]) -> None:
    if all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows) and rows[0]:
        check(MATCHER.encode_table(in_columns(rows)), rows)


@settings(deadline=None)
@given(fitting())
def test_rows_of_the_same_names_that_fit_are_taken_at_once(rows: list[dict[str, Any]]) -> None:
    for samples in (MATCHER.encode_rows(rows), MATCHER.encode_table(in_columns(rows))):
        assert samples is not None
        check(samples, rows)


@pytest.mark.parametrize("name", NAMED)
@settings(deadline=None)
@given(value=NEARLY)
def test_a_value_at_a_bound_fits_at_once_only_where_it_fits_alone(name: str, value: Any) -> None:
    rows = [{"length": 1, "height": 1, "share": 1, "days": 1, "atoms": 1, "wild": 1, "soil": "1"} | {name: value}] * 2
    check(MATCHER.encode_rows(rows), rows)
    check(MATCHER.encode_table(in_columns(rows)), rows)


def test_an_array_that_is_there_already_is_judged_as_the_values_are() -> None:
    numbers = [feature for feature in FEATURES if feature.kind is not Kind.CATEGORY]
    matcher, names = Encoder(numbers), [feature.name for feature in numbers]
    for value in (0, 1, 0.5, 99, 100, float("nan"), float("inf"), 3.5e38, -1):
        rows = [dict.fromkeys(names, value)] * 2
        table = in_columns(rows)
        given_too = Table(table.columns, np.array(list(table.columns.values()), dtype=np.float64))
        found, expected = matcher.encode_table(given_too), matcher.encode_table(table)
        assert (found is None) == (expected is None) == any(True for _ in validate_row(numbers, rows[0]))
        if found and expected:
            assert found.inputs.matrix.tolist() == expected.inputs.matrix.tolist()


ELEMENTS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(sign * 2**power + step for power in (7, 8, 31, 53, 63, 64) for sign in (1, -1) for step in (-1, 0, 1)),
        *(65504, 65505, 65504.5, 3.4e38, 3.5e38, 1e-320, 1.7e308, 0.5, -0.0, 3.0),
        *(int((2 - 2**-23) * 2.0**127) + 1, int(1.7976931348623157e308) + 1, 10**400, -(10**400)),
        *(float("nan"), float("inf"), -float("inf"), True, False, None, "", "1", [], [1], {}),
    ]
) | st.integers() | st.floats()  # fmt: skip


@pytest.mark.parametrize("name", DATATYPES)
@settings(deadline=None)
@given(values=st.lists(ELEMENTS, min_size=1, max_size=4))
def test_a_datatype_makes_an_array_only_of_values_that_it_holds(name: str, values: list[Any]) -> None:
    numbers = DATATYPES[name].to_array(values)
    if numbers is not None:
        assert all(map(DATATYPES[name].accepts, values))
        assert np.array_equal(numbers, [float(value) for value in values], equal_nan=True)


@pytest.mark.parametrize("name", [name for name in DATATYPES if name not in ("BOOL", "BYTES")])
@settings(deadline=None)
@given(values=st.lists(st.integers(0, 127), min_size=1))
def test_whole_numbers_of_any_numeric_datatype_make_an_array(name: str, values: list[int]) -> None:
    numbers = DATATYPES[name].to_array(values)
    assert numbers is not None
    assert numbers.tolist() == values

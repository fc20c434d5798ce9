"""Numbers as people read and write them."""

import pytest

from petalstream.readable import finite_number, readable, readable_interval


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (412_345.6, "412,300 EUR"),
        (4_183.0, "4,183 EUR"),
        (0.000012345, "1.234e-05 EUR"),
        (-0.5, "-0.5 EUR"),
        (0.0, "0 EUR"),
        (-1e-320, "-1e-320 EUR"),
        (1.5e300, "1.5e+300 EUR"),
    ],
)
def test_a_number_has_four_digits_and_its_unit(number: float, said: str) -> None:
    assert readable(number, "EUR") == said


def test_digits_are_fewer_where_fewer_are_known() -> None:
    assert readable(266.14, "g", 3) == "266 g"


def test_an_interval_has_its_unit_once() -> None:
    assert readable_interval(380_000, 445_000, "EUR") == "380,000 to 445,000 EUR"
    assert readable_interval(-1.5, 2.25) == "-1.5 to 2.25"


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), (" -2 ", -2.0), ("nan", None), ("inf", None), ("", None)])
def test_a_text_is_a_number_or_none(text: str, number: float | None) -> None:
    assert finite_number(text) == number


def test_no_text_is_no_number() -> None:
    assert finite_number(None) is None

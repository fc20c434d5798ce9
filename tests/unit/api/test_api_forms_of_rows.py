"""Rows are answered alike, good and bad, whether they come as objects, as columns or as CSV, with gzip or without."""

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from petalstream.features import Feature, Kind, Number
from petalstream.model.bundle import Bundle
from tests.records import FLOWER
from tests.unit.api.tables import CSV, JSON, as_columns, as_csv, as_json, post, post_gzip

VIRGINICA = {"sepal_length": 7.7, "sepal_width": 2.8, "petal_length": 6.7, "petal_width": 2}
COLUMNS, TABLE = (as_columns, JSON), (as_csv, CSV)
PATHS = ["/models/{}/predict", "/models/{}/predict?on_error=report"]
TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda typed: bool(typed.strip()))
Send = Callable[..., TestResponse]


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


FLOWERS = {
    "one": [FLOWER],
    "two": [FLOWER, VIRGINICA],
    "outside the training range": [FLOWER | {"petal_length": 60}, FLOWER],
    "another order": [dict(reversed(FLOWER.items())), VIRGINICA],
    "a text among the numbers": [FLOWER, FLOWER | {"sepal_width": "wide"}],
    "a text of all that a CSV must quote": [FLOWER | {"sepal_width": text} for text in ('w\r\ni"d,e', "w\ri\nd\n\ne")],
    "not finite": [FLOWER | {"sepal_width": math.nan}, FLOWER | {"sepal_width": -math.inf}, VIRGINICA],
    "out of range": [FLOWER, FLOWER | {"sepal_width": -0.5}, FLOWER | {"petal_width": 1e39}],
    "a feature missing": [without(FLOWER, "petal_width"), without(VIRGINICA, "petal_width")],
    "an unknown feature": [FLOWER | {"colour": "blue"}, VIRGINICA | {"colour": "red"}],
    "no feature at all": [{"colour": "blue"}, {"colour": "red"}],
    "more faults than are listed": [{"colour": "blue"}] * 60,
}
PATIENTS: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "two": lambda patient: [patient, patient | {"anaemia": not patient["anaemia"]}],
    "without what is not used": lambda patient: [without(patient, "diabetes", "sex")],
    "numbers for yes and no": lambda patient: [patient | {"anaemia": 1, "smoking": 0}],
    "a text for yes and no": lambda patient: [patient, patient | {"smoking": "seldom"}],
    "a part of a whole number": lambda patient: [patient | {"time": 4.5}, patient],
    "a whole number with a point": lambda patient: [patient | {"time": 4.0}],
    "a bad value of what is not used": lambda patient: [patient | {"sex": "unknown"}, patient],
}


def alike(client: FlaskClient, path: str, rows: list[dict[str, Any]], form: tuple[Any, str], send: Send) -> None:
    """Check that the rows in `form` are answered as a list of objects is."""
    write, content_type = form
    expected, found = post(client, path, as_json(rows)), send(client, path, write(rows), content_type)
    assert (found.status_code, found.mimetype) == (expected.status_code, expected.mimetype)
    assert found.get_json() == expected.get_json()


@pytest.mark.parametrize("send", [post, post_gzip])
@pytest.mark.parametrize("form", [COLUMNS, TABLE], ids=["columns", "csv"])
@pytest.mark.parametrize("path", PATHS, ids=["fail", "report"])
@pytest.mark.parametrize("rows", FLOWERS.values(), ids=FLOWERS.keys())
def test_flowers_are_answered_alike_in_every_form(
    client: FlaskClient, rows: list[dict[str, Any]], path: str, form: tuple[Any, str], send: Send
) -> None:
    alike(client, path.format("iris"), rows, form, send)


@pytest.mark.parametrize("send", [post, post_gzip])
@pytest.mark.parametrize("form", [COLUMNS, TABLE], ids=["columns", "csv"])
@pytest.mark.parametrize("path", PATHS, ids=["fail", "report"])
@pytest.mark.parametrize("rows", PATIENTS.values(), ids=PATIENTS.keys())
def test_patients_are_answered_alike_in_every_form(
    both: FlaskClient, patient: dict[str, Any], rows: Any, path: str, form: tuple[Any, str], send: Send
) -> None:
    alike(both, path.format("heart_failure"), rows(patient), form, send)


@pytest.mark.parametrize("path", PATHS, ids=["fail", "report"])
def test_a_row_that_has_less_than_its_neighbours_has_empty_cells_in_a_csv(client: FlaskClient, path: str) -> None:
    rows = [FLOWER, without(FLOWER, "petal_width"), {"colour": "blue"}, VIRGINICA]
    alike(client, path.format("iris"), rows, TABLE, post)


def test_the_default_model_takes_every_form_too(client: FlaskClient) -> None:
    for form in (COLUMNS, TABLE):
        alike(client, "/predict", [FLOWER, VIRGINICA], form, post)


def test_columns_and_csv_are_answered_with_a_list_even_of_one(client: FlaskClient) -> None:
    for write, content_type in (COLUMNS, TABLE):
        (answer,) = post(client, "/predict", write([FLOWER]), content_type).get_json()
        assert answer == client.post("/predict", json=FLOWER).get_json()


def fitting(feature: Feature) -> st.SearchStrategy[Any]:
    """A value that fits the feature."""
    if not isinstance(feature, Number):
        return st.booleans()
    least, most = feature.minimum or 0, feature.maximum or 1e3
    return st.integers(int(least), int(most)) if feature.is_whole else st.floats(least, most)


def other(feature: Feature) -> st.SearchStrategy[Any]:
    """A text that means no value of the feature or, unless it is for yes and no, a number that need not fit."""
    text = TEXT.filter(lambda typed: typed == typed.strip() == feature.parse(typed))
    # Written as a whole number, zero has no sign.
    number = (st.floats() | st.integers(-(10**15), 10**15)).map(lambda value: value + 0.0)
    return text if feature.kind is Kind.YES_NO else text | number


def tables(features: tuple[Feature, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows that fit, rows with one value that need not, and rows of anything but what the model asks for."""
    good = st.fixed_dictionaries({feature.name: fitting(feature) for feature in features})
    one = st.sampled_from(features).flatmap(lambda feature: other(feature).map(lambda value: {feature.name: value}))
    anything = {feature.name: other(feature) | fitting(feature) for feature in features} | {"colour": TEXT}
    rows = good | st.builds(operator.or_, good, one) | st.fixed_dictionaries({}, optional=anything)
    return st.lists(good, min_size=1, max_size=6) | st.lists(rows, min_size=1, max_size=6).filter(any)


@pytest.mark.parametrize("model", ["iris", "heart_failure"])
def test_any_table_is_answered_alike_as_csv_and_as_json(
    both: FlaskClient, iris: Bundle, heart_failure: Bundle, model: str
) -> None:
    features = {"iris": iris, "heart_failure": heart_failure}[model].manifest.features

    @given(tables(features))
    @settings(deadline=None, max_examples=60)
    def check(rows: list[dict[str, Any]]) -> None:
        for path in PATHS:
            alike(both, path.format(model), rows, TABLE, post)

    check()

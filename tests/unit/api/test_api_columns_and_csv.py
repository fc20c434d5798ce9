"""What may stand in columns and in a CSV, and what is said of the rest."""

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from petalstream.features import Category, Integer, Number, YesNo
from services.api.wire import csv_table
from tests.records import FLOWER
from tests.unit.api.tables import CSV, as_csv, post

HEADER = b"sepal_length,sepal_width,petal_length,petal_width"
GOOD = b"5.1,3.5,1.4,0.2"
REPORT = "/models/iris/predict?on_error=report"


def labels(client: FlaskClient, body: bytes, content_type: str = CSV) -> list[str]:
    answer = post(client, "/predict", body, content_type)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return [each["label"] for each in answer.get_json()]


def said(client: FlaskClient, body: bytes, content_type: str = CSV) -> str:
    """The one fault that a body is refused for, whatever should become of bad rows."""
    for path in ("/predict", REPORT):
        answer = post(client, path, body, content_type, Accept="text/csv, text/html")
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
        (error,) = answer.get_json()["errors"]
        assert (error["row"], error["field"], error["reason"]) == (None, None, None)
    return str(error["message"])


@pytest.mark.parametrize(
    "body",
    [
        HEADER + b"\n" + GOOD,
        HEADER + b"\r\n" + GOOD + b"\r\n",
        HEADER + b"\r" + GOOD + b"\r",
        b"\xef\xbb\xbf" + HEADER + b"\n" + GOOD,
        b"\n\n" + HEADER + b"\n\n" + GOOD + b"\n\n\n",
        b" sepal_length , sepal_width,petal_length,petal_width\n5.1 ,\t3.5, 1.4,0.2",
        b'"sepal_length","sepal_width","petal_length","petal_width"\n"5.1","3.5","1.4","0.2"',
        b"petal_width,petal_length,sepal_width,sepal_length\n0.2,1.4,3.5,5.1",
        HEADER + b"\n51e-1,+3.5,1.40,.2",
    ],
)
def test_a_csv_may_be_written_in_many_ways(client: FlaskClient, body: bytes) -> None:
    assert labels(client, body) == ["setosa"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_a_csv_may_say_that_it_is_in_utf_8(client: FlaskClient, charset: str) -> None:
    assert labels(client, as_csv([FLOWER]), f"text/csv; charset={charset}; header=present") == ["setosa"]


def test_a_csv_in_another_charset_is_415(client: FlaskClient) -> None:
    answer = post(client, "/predict", as_csv([FLOWER]), "text/csv; charset=latin-1")
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")
    assert answer.get_json()["detail"] == "a CSV must be in UTF-8, not latin-1"


def test_rows_of_a_csv_count_from_0_and_blank_lines_are_none(client: FlaskClient) -> None:
    body = b"\n".join([HEADER, GOOD, b"", b"5.1,wide,1.4,0.2", b"", b"5.1,3.5,1.4,"])
    first, second, third = post(client, REPORT, body, CSV).get_json()
    assert first["label"] == "setosa"
    assert [(error["row"], error["field"], error["reason"]) for error in second["errors"] + third["errors"]] == [
        (1, "sepal_width", "wrong_type"),
        (2, "petal_width", "missing_feature"),
    ]


def test_a_missing_value_in_a_csv_of_one_column_is_a_row(client: FlaskClient) -> None:
    found = post(client, REPORT, b'petal_width\n0.2\n""\n\n0.3\n', CSV).get_json()
    missing = [[error["field"] for error in each["errors"]].count("petal_width") for each in found]
    assert missing == [0, 1, 0]


NAMES = "sepal_length, sepal_width, petal_length, petal_width"
ONE_OF_TWO = "1 cell between commas, and the header has 2"
DECIMALS = "write decimals with a dot, or put semicolons or tabs between the cells"
EMPTY = "line 1 of the CSV: it is empty; a header that names the columns is needed, and at least one row"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", EMPTY),
        (b"\xef\xbb\xbf\n\n", EMPTY),
        (HEADER + b"\n\n", "the CSV has a header alone; at least one row is needed"),
        (b"a,b,a\n1,2,3", "line 1 of the CSV: the header has 'a' 2 times"),
        (b"\na, a\n1,2", "line 2 of the CSV: the header has 'a' 2 times"),
        (b"a,,petal_width\n1,2,3", "line 1 of the CSV: a name in the header is empty"),
        (b"a,,b\n1,2,3", f"line 1 of the CSV: it has none of the columns {NAMES}; the first line must be their names"),
        (b"a,b\n1,2\n3", f"line 3 of the CSV: {ONE_OF_TWO}"),
        (b"a,b\n\n1,2,3", "line 3 of the CSV: 3 cells between commas, and the header has 2; " + DECIMALS),
        (b'a,b\n"1\n\n1",2\n3', f"line 5 of the CSV: {ONE_OF_TWO}"),
        (b'a,b\n1,2\n"1,2\n3,4', "line 3 of the CSV: unexpected end of data"),
        (b'a,b\n1,2\n"1"x,2', "line 3 of the CSV: ',' expected after '\"'"),
        (b"a\n" + b"1" * 200_000, "line 2 of the CSV: field larger than field limit (131072)"),
        (b"a\n\xff", "the body is not UTF-8: byte 2 cannot be decoded"),
    ],
)
def test_what_is_no_table_is_refused_with_the_line_of_the_fault(client: FlaskClient, body: bytes, message: str) -> None:
    assert said(client, body) == message


def test_a_hostile_header_is_refused_and_not_repeated(client: FlaskClient) -> None:
    name = b"x" * 100_000
    assert len(said(client, name + b"," + name + b"\n1,2")) < 200
    many = b",".join(b"%d" % number for number in range(50_000))
    answer = post(client, REPORT, many + b"\n" + many, CSV)
    assert [len(each["errors"]) for each in answer.get_json()] == [10]


def test_a_cell_of_a_csv_is_read_as_the_feature_is() -> None:
    features = (
        Number("height", "Height"),
        Integer("thorns", "Thorns"),
        YesNo("wild", "Grows wild"),
        Category("colour", "Colour", choices=("red", "half red", "1.0")),
    )
    text = "height,thorns,wild,colour\n1.5,2.0,Yes,half red\n1_000,many,0, 1.0\n,,,"
    assert csv_table.parse(text, features) == [
        {"height": 1.5, "thorns": 2, "wild": True, "colour": "half red"},
        {"height": "1_000", "thorns": "many", "wild": False, "colour": "1.0"},
        {},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": [1], "b": [1, 2]}, "the columns must have as many values as each other, and have: a 1, b 2"),
        ({"a": [], "b": []}, "the columns are empty; at least one row is needed"),
        ({"a": [], "b": [1]}, "the columns must have as many values as each other, and have: a 0, b 1"),
    ],
)
def test_columns_must_have_one_length_and_a_row(client: FlaskClient, content: Any, message: str) -> None:
    assert said(client, json.dumps(content).encode(), "application/json") == message


def test_very_many_or_long_names_of_columns_are_cut_short(client: FlaskClient) -> None:
    content = {f"{number}{'x' * 100}": [1] * (number % 2) for number in range(1_000)}
    message = said(client, json.dumps(content).encode(), "application/json")
    assert message.endswith("and 980 more")
    assert len(message) < 1_000


@pytest.mark.parametrize(
    "row", [FLOWER | {"sepal_width": [3.5]}, {name: [5.1] for name in FLOWER} | {"sepal_width": 3.5}]
)
def test_a_mixture_of_values_and_lists_is_one_row_with_faults(client: FlaskClient, row: dict[str, Any]) -> None:
    answer = client.post("/predict", json=row)
    assert answer.status_code == 400
    at_fault = {name for name, value in row.items() if isinstance(value, list)}
    assert {error["field"] for error in answer.get_json()["errors"]} == at_fault
    assert {error["message"] for error in answer.get_json()["errors"]} == {"must be a number, not a list"}


def test_an_object_without_anything_is_one_row(client: FlaskClient) -> None:
    answer = client.post("/predict", json={})
    assert [error["message"] for error in answer.get_json()["errors"]] == ["is missing"] * 4


def test_no_bytes_are_an_error_of_the_api(client: FlaskClient) -> None:
    written = st.text(",\"'\r\n;1a. \0\ufeff", max_size=60).map(str.encode)
    begun = written.map(lambda more: HEADER + b"\n" + GOOD + more)

    @given(st.sampled_from([CSV, "application/json"]), st.binary() | written | begun, st.booleans())
    @settings(deadline=None, max_examples=200)
    def check(content_type: str, body: bytes, zipped: bool) -> None:
        headers = {"Content-Encoding": "gzip"} if zipped else {}
        for sent in (body, gzip.compress(body)):
            answer = post(client, REPORT, sent, content_type, Accept=CSV, **headers)
            assert (answer.status_code, answer.mimetype) in [(200, CSV), (400, "application/problem+json")]

    check()


def test_an_unknown_model_is_named_whatever_the_body(client: FlaskClient) -> None:
    answer = post(client, "/models/rose/predict", b"a,a", CSV, Accept=CSV)
    assert (answer.status_code, answer.get_json()["errors"][0]["reason"]) == (404, "unknown_model")

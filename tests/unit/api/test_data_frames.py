"""Rows as pandas and MLflow write them, in JSON and CSV."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from petalstream.features import Category, Number
from services.api.wire import csv_table
from tests.records import FLOWER
from tests.unit.api.asked import PATIENT

NAMES, VALUES = list(FLOWER), list(FLOWER.values())
SPLIT = {"columns": NAMES, "data": [VALUES, VALUES]}
ACCEPTED: dict[str, object] = {
    "records": [FLOWER, FLOWER],
    "list": {name: [value, value] for name, value in FLOWER.items()},
    "split": SPLIT,
    "split with an index": {**SPLIT, "index": [7, 9]},
    "instances": {"instances": [FLOWER, FLOWER]},
    "dataframe_split": {"dataframe_split": SPLIT},
    "dataframe_records": {"dataframe_records": [FLOWER, FLOWER]},
    "inputs of rows": {"inputs": [FLOWER, FLOWER]},
    "inputs": {"inputs": {name: [value, value] for name, value in FLOWER.items()}},
}
REFUSED: dict[str, object] = {
    "columns of an index": {name: {"0": value, "1": value} for name, value in FLOWER.items()},
    "index": {"0": FLOWER, "1": FLOWER},
    "instances without names": {"instances": [VALUES, VALUES]},
    "table": {"schema": {"fields": []}, "data": [FLOWER]},
}
PIPES = "'|' separates its cells, and expected are commas, semicolons or tabs"
HEADER, LINE = ",".join(NAMES), ",".join(map(str, VALUES))


def post(client: FlaskClient, body: str | bytes, media_type: str = "application/json") -> Any:
    return client.post("/predict", data=body, content_type=media_type)


@pytest.mark.parametrize("name", ACCEPTED)
def test_unambiguous_shapes_are_rows(client: FlaskClient, name: str) -> None:
    response = post(client, json.dumps(ACCEPTED[name]))
    assert [row["label"] for row in response.get_json()] == ["setosa", "setosa"]


@pytest.mark.parametrize("name", REFUSED)
def test_other_shapes_get_an_error_that_says_which_orient_to_use(client: FlaskClient, name: str) -> None:
    response = post(client, json.dumps(REFUSED[name]))
    assert response.status_code == 400
    assert 'orient="records"' in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({**SPLIT, "data": [VALUES, VALUES[:2]]}, "row 1 of the data has 2 values, and columns has 4 names"),
        ({**SPLIT, "data": [VALUES, 7]}, "row 1 of the data is a number, and columns has 4 names"),
        ({**SPLIT, "columns": [*NAMES[:3], NAMES[0]]}, "columns has a name twice"),
        ({**SPLIT, "columns": 4}, "columns must be a list of the names of features"),
        ({**SPLIT, "index": {}}, "data must be a list with at least one row, and index a list"),
        ({**SPLIT, "data": []}, "data must be a list with at least one row, and index a list"),
        ({"dataframe_split": {}}, "columns must be a list of the names of features"),
        (
            {**SPLIT, "index_names": [None]},
            "the body has 'index_names' beside columns, data, index, and it is not read",
        ),
        (
            {"instances": [FLOWER], "signature_name": "x"},
            "the body has 'signature_name' beside instances, and it is not read",
        ),
        (
            {"dataframe_split": SPLIT, "params": {}},
            "the body has 'params' beside dataframe_split, and it is not read",
        ),
    ],
)
def test_a_frame_with_a_fault_is_refused(client: FlaskClient, content: object, message: str) -> None:
    response = post(client, json.dumps(content))
    assert (response.status_code, response.get_json()["detail"]) == (400, message)


def test_an_invalid_row_of_a_frame_is_reported_by_its_number(client: FlaskClient) -> None:
    body = json.dumps({"instances": [FLOWER, 7]})
    first, second = client.post("/predict?on_error=report", data=body, content_type="application/json").get_json()
    assert first["label"] == "setosa"
    assert [(error["row"], error["reason"]) for error in second["errors"]] == [(1, "not_an_object")]


def test_a_feature_with_the_name_of_a_frames_part_is_a_column(client: FlaskClient) -> None:
    response = post(client, json.dumps({"instances": [1, 2], "data": [3, 4], "columns": [5, 6]}))
    assert "columns is not a feature" in " ".join(f"{e['field']} {e['message']}" for e in response.get_json()["errors"])


def test_lines_of_json_are_rows(client: FlaskClient) -> None:
    lines = f"{json.dumps(FLOWER)}\n\n{json.dumps(FLOWER)}\r\n"
    assert len(post(client, lines, "application/x-ndjson").get_json()) == 2
    refused = post(client, f"{json.dumps(FLOWER)}\n{{", "application/x-ndjson")
    assert refused.get_json()["detail"].startswith("line 2: the body is not JSON")
    assert "application/x-ndjson" in post(client, lines).get_json()["detail"]
    assert post(client, " \n", "application/x-ndjson").status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{LINE}\n",
        f"{HEADER};\n{LINE};\n".replace(",", ";").replace(";\n", "\n"),
        f"{HEADER}\n{LINE}\n".replace(",", ";").replace(".", ","),
        f"{HEADER}\n{LINE}\n".replace(",", "\t"),
        f"sep=;\n{HEADER}\n{LINE}\n".replace(",", ";"),
        f"sep=,\r\n{HEADER}\r\n{LINE}\r\n",
        f",{HEADER}\n0,{LINE}\n",
        f",{HEADER}\n17,{LINE}\n",
    ],
    ids=["commas", "semicolons", "decimal commas", "tabs", "sep=;", "sep=,", "index", "index of a part"],
)
def test_dialects_of_csv_are_read(client: FlaskClient, text: str) -> None:
    assert [row["label"] for row in post(client, text, "text/csv").get_json()] == ["setosa"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER}\n1,2\n", "2 cells between commas, and the header has 4"),
        (f"{HEADER};x\n1;2\n".replace(",", ";"), "2 cells between semicolons, and the header has 5"),
        (f"{HEADER}\n{LINE}\n".replace(",", ";").replace(";", ",", 3), "the line has semicolons instead"),
        (f"{HEADER}\n5,1,3,5,1,4,0,2\n", "the header has 4; write decimals with a dot"),
        (f"{HEADER}\n{LINE}\n".replace(",", "|"), f"line 1 of the CSV: {PIPES}"),
        (f"sep=|\n{HEADER}\n{LINE}\n", f"line 1 of the CSV: {PIPES}"),
        ("sep=;\n", "the CSV: it is empty"),
        (f",{HEADER}\nx,{LINE}\n", "a name in the header is empty"),
    ],
)
def test_errors_name_the_separator(client: FlaskClient, text: str, message: str) -> None:
    assert message in post(client, text, "text/csv").get_json()["detail"]


def test_decimal_commas_beside_dots_are_no_numbers(client: FlaskClient) -> None:
    mixed = f"{HEADER}\n5,1;3.5;1.4;0.2\n".replace(HEADER, HEADER.replace(",", ";"))
    (error,) = post(client, mixed, "text/csv").get_json()["errors"]
    assert (error["field"], error["reason"]) == ("sepal_length", "wrong_type")


def test_a_comma_in_numbers_that_may_all_separate_thousands_is_an_error(both: FlaskClient) -> None:
    names = ";".join(PATIENT)
    cells = {**PATIENT, "platelets": "263,358", "time": 10}

    def send(**more: str) -> Any:
        body = f"{names}\n" + ";".join(str(value) for value in {**cells, **more}.values()) + "\n"
        return both.post("/models/heart_failure/predict", data=body, content_type="text/csv")

    refused = send(serum_creatinine="2", age="75")
    assert refused.status_code == 400
    assert "line 2 of the CSV: 263,358 has a comma that may separate thousands" in refused.text
    # Another cell shows what the comma is.
    (row,) = send(serum_creatinine="1,9", age="75").get_json()
    assert row["warnings"] == ["platelets 263.358 per mL is outside the training range, 25100 to 850000 per mL"]


def test_only_numbers_have_decimal_commas() -> None:
    features = [
        Category("size", "Size", choices=("1,5", "2,5")),
        Number("height", "Height"),
    ]
    text = "size;height;other\n1,5;2,5;3,5\n2,5;3,25;4.5\n"
    assert csv_table.parse(text, features) == [
        {"size": "1,5", "height": 2.5, "other": "3,5"},
        {"size": "2,5", "height": 3.25, "other": "4.5"},
    ]

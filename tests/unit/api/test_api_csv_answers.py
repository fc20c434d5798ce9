"""Answers as CSV, for who would rather have that."""

import csv
import dataclasses
import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petalstream.model.bundle import Bundle
from services.api.models.loading import open_bundle
from services.api.wire.csv_table import write
from tests.records import FLOWER
from tests.unit.api.tables import CSV, JSON, as_columns, as_csv, as_json, post

WRONG: list[Any] = [FLOWER, FLOWER | {"sepal_width": "wide", "colour": "blue"}, 5.1]
REPORT = "/models/iris/predict?on_error=report"
IRIS = "label,probability_setosa,probability_versicolor,probability_virginica,model,version,warnings"
HEART = (
    "label,probability_died,probability_survived,vote_decision_tree,vote_random_forest,vote_extra_trees,"
    "model,version,warnings,unused"
)


def lines(answer: TestResponse) -> list[dict[str, str]]:
    """The lines of an answer in CSV, after checking that it is one."""
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert answer.data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline=""), strict=True))


def header(answer: TestResponse) -> str:
    return answer.text.split("\r\n")[0]


def meant(line: dict[str, str]) -> dict[str, Any]:
    """The answer in JSON that a line of CSV stands for; of errors only what is said."""
    if line.get("errors"):
        return {"errors": line["errors"].split("; ")}
    of = {
        beginning: {name.removeprefix(beginning): cell for name, cell in line.items() if name.startswith(beginning)}
        for beginning in ("probability_", "threshold_", "vote_")
    }
    found: dict[str, Any] = {name: line[name] for name in ("model", "version", "label")}
    found["probabilities"] = {label: float(share) for label, share in of["probability_"].items()}
    found["warnings"] = line["warnings"].split("; ") if line["warnings"] else []
    found |= {"votes": of["vote_"]} if of["vote_"] else {}
    if of["threshold_"]:
        found["threshold"] = {label: float(least) for label, least in of["threshold_"].items()}
    return found | ({"unused": line["unused"].split("; ")} if line.get("unused") else {})


@pytest.mark.parametrize(("write", "content_type"), [(as_json, JSON), (as_columns, JSON), (as_csv, CSV)])
def test_flowers_are_answered_in_csv_as_in_json(client: FlaskClient, write: Any, content_type: str) -> None:
    rows = [FLOWER, FLOWER | {"petal_length": 60, "petal_width": 30}]
    answer = post(client, "/models/iris/predict", write(rows), content_type, Accept=CSV)
    assert header(answer) == IRIS
    assert list(map(meant, lines(answer))) == client.post("/models/iris/predict", json=rows).get_json()


def test_patients_are_answered_in_csv_as_in_json(both: FlaskClient, patient: dict[str, Any]) -> None:
    used = {name: value for name, value in patient.items() if name not in ("diabetes", "sex")}
    path, rows = "/models/heart_failure/predict", [patient, used | {"sex": True}, used | {"age": 110}]
    answer = post(both, path, as_json(rows), Accept=CSV)
    assert header(answer) == HEART
    assert list(map(meant, lines(answer))) == both.post(path, json=rows).get_json()


def test_the_columns_do_not_depend_on_the_rows(both: FlaskClient, patient: dict[str, Any]) -> None:
    used = {name: value for name, value in patient.items() if name not in ("diabetes", "sex")}
    assert header(post(both, "/models/heart_failure/predict", as_json([used]), Accept=CSV)) == HEART
    for row in (used, {}):
        answer = post(both, "/models/heart_failure/predict?on_error=report", as_json([row]), Accept=CSV)
        assert header(answer) == f"{HEART},errors"


def test_asked_to_report_a_bad_row_has_its_errors_in_a_cell_and_nothing_else(client: FlaskClient) -> None:
    good, bad, none = lines(post(client, REPORT, as_json(WRONG), Accept=CSV))
    assert (good["label"], good["errors"]) == ("setosa", "")
    for line in (bad, none):
        assert {cell for name, cell in line.items() if name != "errors"} == {""}
    told = client.post(REPORT, json=WRONG).get_json()
    assert meant(bad)["errors"] == [
        # What is said of an unknown feature has a semicolon of its own.
        part
        for error in told[1]["errors"]
        for part in f"{error['field']} {error['message']}".split("; ")
    ]
    assert meant(none)["errors"] == [told[2]["errors"][0]["message"]]


def test_a_single_object_is_a_line_below_the_header(client: FlaskClient) -> None:
    (line,) = lines(client.post("/predict", json=FLOWER, headers={"Accept": CSV}))
    assert line["label"] == "setosa"


def test_what_is_said_of_half_a_surrogate_pair_can_be_written(client: FlaskClient) -> None:
    (line,) = lines(post(client, REPORT, rb'[{"\ud800": 1}]', Accept=CSV))
    assert r"\ud800 is not a feature" in line["errors"]


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "text/csv", "text/csv"),
        ("", "text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("", "text/csv, application/json", "application/json"),
        ("", "image/png", "application/json"),
        ("", "*/*", "application/json"),
        ("?format=csv", "*/*", "text/csv"),
        ("?format=csv", "application/json", "text/csv"),
        ("?format=json", "text/csv", "application/json"),
    ],
)
def test_csv_comes_by_accept_or_by_a_word_of_the_query(client: FlaskClient, query: str, accept: str, kind: str) -> None:
    for body, content_type in ((as_json([FLOWER]), JSON), (as_csv([FLOWER]), CSV)):
        answer = post(client, f"/models/iris/predict{query}", body, content_type, Accept=accept)
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("content_type", [JSON, CSV])
@pytest.mark.parametrize("query", ["?format=csv", "?on_error=ignore"])
def test_errors_are_problems_also_where_csv_was_asked_for(client: FlaskClient, query: str, content_type: str) -> None:
    for accept in ("text/csv", "text/csv, text/html;q=0.9", "text/html"):
        answer = post(client, f"/models/iris/predict{query}", b"[", content_type, Accept=accept)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_a_form_is_answered_in_the_format_of_the_query(client: FlaskClient) -> None:
    for accept in ("*/*", "text/html"):
        for query, mimetype in (("format=csv", "text/csv"), ("format=columns", JSON), ("format=json", JSON)):
            answer = client.post(f"/models/iris/predict?{query}", data=FLOWER, headers={"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (200, mimetype)
    (line,) = lines(client.post("/models/iris/predict?format=csv", data=FLOWER))
    assert line["label"] == "setosa"
    query = "format=csv&on_error=report"
    (line,) = lines(client.post(f"/models/iris/predict?{query}", data=FLOWER | {"sepal_length": "x"}))
    assert "sepal_length must be a number" in line["errors"]


def test_a_threshold_has_a_column(iris: Bundle) -> None:
    scorer = open_bundle(iris).scorer
    manifest = dataclasses.replace(scorer.manifest, threshold={"virginica": 0.3})
    (row,) = dataclasses.replace(scorer, manifest=manifest).predict([FLOWER]).as_rows()
    (line,) = csv.DictReader(io.StringIO(write(manifest, [row], reports=False).decode(), newline=""))
    assert line["threshold_virginica"] == "0.3"
    assert meant(line) == row

"""A model of numbers answers with a number, its unit and its interval in each format."""

import json
import struct
from typing import Any

import joblib
import numpy as np
import pytest
from flask.testing import FlaskClient

from petalstream.model.bundle import MODEL, Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from petalstream.model.inference import infer_numbers
from petalstream.settings import Settings
from services.api.app import create_app
from tests.unit.api.inferences import columns, metadata
from tests.unit.api.tables import CSV, as_columns, as_csv, as_json, post
from tests.unit.api.test_api_csv_answers import lines

PENGUIN: dict[str, Any] = {
    "species": "Gentoo",
    "island": "Biscoe",
    "bill_length_mm": 47.3,
    "bill_depth_mm": 15.3,
    "flipper_length_mm": 222,
    "sex": "male",
}
ROWS: list[dict[str, Any]] = [PENGUIN, PENGUIN | {"sex": None}, PENGUIN | {"species": "Adelie", "bill_depth_mm": 40}]
PREDICT, INFER = "/models/penguins/predict", "/v2/models/penguins/infer"


@pytest.fixture(scope="session")
def client(penguins: Bundle) -> FlaskClient:
    """A client of an api that serves the penguins."""
    settings = Settings(models_dir=penguins.path.parent.parent, default_model="penguins")
    return create_app(settings).test_client()


def expected(penguins: Bundle) -> Any:
    """What the pickled estimator says of the rows."""
    inputs = penguins.manifest.inputs
    frame = to_frame(inputs, encode_inputs(ROWS, inputs))
    return infer_numbers(joblib.load(penguins.path / MODEL), frame).numbers.tolist()


def test_a_row_has_its_number_unit_interval_and_warnings(client: FlaskClient, penguins: Bundle) -> None:
    found = client.post(PREDICT, json=PENGUIN).get_json()
    assert [*found] == ["model", "version", "prediction", "unit", "interval", "warnings"]
    assert found["prediction"] == pytest.approx(expected(penguins)[0])
    assert (found["model"], found["version"], found["unit"], found["warnings"]) == ("penguins", "1", "g", [])
    lower, upper = found["interval"]
    half_width = penguins.manifest.interval["half_width"]
    assert [upper - found["prediction"], found["prediction"] - lower] == pytest.approx([half_width] * 2)


@pytest.mark.parametrize(
    ("write", "content_type"), [(as_json, "application/json"), (as_columns, "application/json"), (as_csv, CSV)]
)
def test_rows_in_each_form_have_the_estimators_numbers(
    client: FlaskClient, penguins: Bundle, write: Any, content_type: str
) -> None:
    rows = [
        {name: "" if value is None and content_type == CSV else value for name, value in row.items()} for row in ROWS
    ]
    found = post(client, PREDICT, write(rows), content_type).get_json()
    assert [each["prediction"] for each in found] == pytest.approx(expected(penguins))
    assert [len(each["warnings"]) for each in found] == [0, 0, 1]


def test_an_answer_in_csv_has_a_column_for_each_part(client: FlaskClient) -> None:
    in_json = client.post(PREDICT, json=ROWS).get_json()
    in_csv = lines(post(client, PREDICT, as_json(ROWS), Accept=CSV))
    assert [*in_csv[0]] == ["prediction", "unit", "lower", "upper", "model", "version", "warnings"]
    for one, other in zip(in_csv, in_json, strict=True):
        assert [float(one[name]) for name in ("prediction", "lower", "upper")] == [
            other["prediction"],
            *other["interval"],
        ]
        assert one["unit"] == "g"


def test_bad_rows_have_their_errors_beside_the_numbers_of_the_others(client: FlaskClient) -> None:
    rows = [PENGUIN, PENGUIN | {"island": "Paris"}]
    good, bad = client.post(f"{PREDICT}?on_error=report", json=rows).get_json()
    assert good["prediction"] > 0
    assert [error["field"] for error in bad["errors"]] == ["island"]
    in_columns = client.post(f"{PREDICT}?on_error=report&format=columns", json=rows).get_json()
    assert in_columns["prediction"] == [good["prediction"], None]
    assert in_columns["unit"] == "g"
    assert in_columns["interval"] == {"lower": [good["interval"][0], None], "upper": [good["interval"][1], None]}
    assert client.post(f"{PREDICT}?on_error=report&format=columns", json=rows[1:]).get_json()["prediction"] == [None]


def test_the_inference_protocol_has_numbers_and_intervals(client: FlaskClient) -> None:
    described = metadata(client, "penguins")
    assert described["outputs"] == [
        {"name": "predict", "datatype": "FP64", "shape": [-1], "parameters": {"unit": "g"}},
        {"name": "interval", "datatype": "FP64", "shape": [-1, 2], "parameters": {"coverage": 0.9}},
    ]
    rows = [PENGUIN, ROWS[2]]
    in_json = client.post(PREDICT, json=rows).get_json()
    found = client.post(INFER, json=columns(described, rows)).get_json()
    by_name = {each["name"]: each for each in found["outputs"]}
    assert by_name["predict"]["data"] == [each["prediction"] for each in in_json]
    assert by_name["predict"]["shape"] == [2]
    assert by_name["interval"]["data"] == [bound for each in in_json for bound in each["interval"]]
    assert by_name["interval"]["shape"] == [2, 2]


def test_numbers_are_written_as_bytes_where_that_is_asked(client: FlaskClient) -> None:
    request = columns(metadata(client, "penguins"), [PENGUIN])
    request["outputs"] = [{"name": "predict", "parameters": {"binary_data": True}}]
    answer = client.post(INFER, json=request)
    length = int(answer.headers["Inference-Header-Content-Length"])
    (output,) = json.loads(answer.data[:length])["outputs"]
    assert output["parameters"]["binary_data_size"] == 8
    assert struct.unpack("<d", answer.data[length:])[0] == client.post(PREDICT, json=PENGUIN).get_json()["prediction"]


def test_the_model_is_described_with_its_unit_and_errors(client: FlaskClient) -> None:
    found = client.get("/models/penguins").get_json()
    assert (found["target"], found["unit"], found["interval"]["coverage"]) == ("body_mass_g", "g", 0.9)
    assert found["labels"] == []
    assert found["metrics"]["test_errors"]["mean_absolute_error"] > 0


def test_the_document_describes_a_number(client: FlaskClient) -> None:
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    row = schemas["penguins.prediction"]
    assert row["properties"]["unit"] == {"const": "g"}
    assert row["properties"]["prediction"]["type"] == "number"
    assert row["properties"]["interval"]["minItems"] == row["properties"]["interval"]["maxItems"] == 2


def test_the_report_has_errors_with_four_digits(client: FlaskClient) -> None:
    mean = client.get("/models/penguins/report").get_json()["searches"][0]["rows"][0]["mean"]
    assert f"<td>{mean:.1f}</td>" in client.get("/models/penguins/report", headers={"Accept": "text/html"}).text


def test_the_page_says_number_and_interval(client: FlaskClient) -> None:
    form = {name: str(value) for name, value in PENGUIN.items()}
    page = client.post(PREDICT, data=form, headers={"Accept": "text/html"}).text
    found = client.post(PREDICT, json=PENGUIN).get_json()
    assert f"{found['prediction']:,.0f} g" in page
    assert "90%" in page


def test_a_number_far_from_the_training_data_is_finite_or_an_error(client: FlaskClient) -> None:
    for length in (1e30, 1e300, np.finfo(float).max):
        answer = client.post(PREDICT, json=PENGUIN | {"bill_length_mm": length})
        assert answer.status_code in (200, 400), answer.text
        assert "NaN" not in answer.text

"""Valid rows for which the model raises an error get that error; the rows beside them are predicted."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from petalstream.features import Number, YesNo
from petalstream.model.bundle import Bundle
from petalstream.model.inference import infer_classes
from petalstream.model.inputs import Inputs
from petalstream.model.outputs import ModelOutput
from petalstream.reasons import Fault, Reason
from services.api.errors import DeadlinePassed, InvalidRows
from services.api.scoring import scorer as scorers
from services.api.scoring.matrix import Table
from services.api.scoring.scorer import Scorer
from services.consumer.api_client.responses import row_results
from services.consumer.scoring.batch_scorer import BatchScorer
from tests.records import Record
from tests.unit.api.roses import client_of
from tests.unit.api.tables import as_columns, as_csv, as_json, post

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
FINE, HUGE = {"area": 2.0}, {"area": 1e38}
PREDICT = "/models/fields/predict"
MESSAGE = "the model cannot score it: ValueError: Input X contains infinity or a value too large for dtype('float64')."
ERROR = {"row": 1, "field": None, "message": MESSAGE, "reason": "rejected"}


@pytest.fixture(scope="module")
def scorer(iris: Bundle) -> Scorer:
    """The scorer of a pipeline in which the ninth power of 1e38 overflows."""
    samples = np.array([[1.0], [2.0], [3.0], [4.0]])
    estimator = make_pipeline(PolynomialFeatures(9), StandardScaler(), LogisticRegression()).fit(samples, [0, 0, 1, 1])
    manifest = dataclasses.replace(
        iris.manifest,
        model="fields",
        features=(Number("area", "Area"), YesNo("fallow", used=False)),
        labels=("small", "large"),
        training={"area": {"edges": [1.0, 4.0], "counts": [4], "quantiles": {"0": 1.0, "1": 4.0}}},
        golden=({"features": FINE, "label": "small", "probabilities": {}},),
    )
    return Scorer(manifest, lambda inputs: infer_classes(estimator, inputs.matrix, 2))


@pytest.fixture(scope="module")
def fields(scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of an api that serves it."""
    return client_of(scorer, tmp_path_factory.mktemp("models"))


def refusals(scorer: Scorer, rows: Sequence[object]) -> list[int | None]:
    """The rows that are named where all must be valid."""
    with pytest.raises(InvalidRows) as raised:
        scorer.predict(rows)
    return [error.row for error in raised.value.errors]


@pytest.mark.parametrize("write", [as_json, as_columns])
@pytest.mark.parametrize("count", [3, 40])
def test_a_report_has_the_error_of_the_failing_row_and_predictions_of_the_others(
    fields: FlaskClient, write: Callable[[Sequence[dict[str, Any]]], bytes], count: int
) -> None:
    rows = [FINE, HUGE, *[{"area": 3.0}] * (count - 2)]
    first, failing, *others = post(fields, f"{PREDICT}?on_error=report", write(rows)).get_json()
    assert failing == {"errors": [ERROR]}
    assert (first["label"], first["warnings"]) == ("small", [])
    assert {each["label"] for each in others} == {"large"}


@pytest.mark.parametrize("count", [2, 40])
def test_a_request_whose_rows_must_all_be_valid_is_400_with_the_row(fields: FlaskClient, count: int) -> None:
    response = post(fields, PREDICT, as_json([FINE, HUGE, *[FINE] * (count - 2)]))
    assert (response.status_code, response.get_json()["errors"]) == (400, [ERROR])
    single = post(fields, PREDICT, as_json([HUGE])[1:-1])
    assert (single.status_code, single.get_json()["errors"]) == (400, [ERROR | {"row": 0}])


def test_csv_and_tensors_name_the_row_too(fields: FlaskClient) -> None:
    lines = post(fields, f"{PREDICT}?on_error=report&format=csv", as_csv([FINE, HUGE]), "text/csv").text.splitlines()
    assert len(lines) == 3
    assert MESSAGE in lines[2]
    tensor = {"name": "area", "datatype": "FP64", "shape": [2], "data": [2.0, 1e38]}
    response = fields.post("/v2/models/fields/infer", json={"inputs": [tensor]})
    assert response.status_code == 400
    assert f"row 1: {MESSAGE}" in response.get_json()["error"]


def test_the_form_shows_the_error_and_keeps_the_entry(fields: FlaskClient) -> None:
    response = fields.post(PREDICT, data={"area": "1e38"}, headers={"Accept": "text/html"})
    assert response.status_code == 400
    assert "The model cannot score it: ValueError" in response.text
    assert 'value="1e38"' in response.text
    plain = fields.post(f"{PREDICT}?on_error=report", data={"area": "1e38"})
    assert plain.get_json() == {"errors": [ERROR | {"row": 0}]}


def test_warnings_and_unused_features_stay_with_their_rows(scorer: Scorer) -> None:
    fallow = {"fallow": True}
    rows: list[object] = [HUGE | fallow, {}, {"area": 9.0} | fallow, HUGE, FINE | fallow]
    columns = scorer.predict_valid(rows).as_columns()
    assert columns["label"] == [None, None, "large", None, "small"]
    assert (list(columns["warnings"]), list(columns["unused"])) == (["2"], ["2", "4"])
    assert list(columns["errors"]) == ["1", "0", "3"]


def test_failing_rows_are_found_wherever_they_are(scorer: Scorer) -> None:
    for failing in ({0}, {49}, {7, 8}, set(range(0, 50, 3)), set(range(50))):
        areas = [1e38 if row in failing else 2.0 for row in range(50)]
        predictions = scorer.predict_valid(Table({"area": areas}))
        assert set(predictions.errors) == failing
        assert list(predictions.valid_rows) == [row for row in range(50) if row not in failing]
        assert refusals(scorer, [{"area": area} for area in areas]) == sorted(failing)


def test_the_search_ends_at_the_limits(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorers, "MAX_FAILING_ROWS", 3)
    assert len(scorer.predict_valid([HUGE] * 3 + [FINE]).errors) == 3
    with pytest.raises(InvalidRows):
        scorer.predict_valid([HUGE] * 4 + [FINE])
    assert refusals(scorer, [HUGE] * 150) == list(range(100))


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError])
def test_an_error_that_golden_rows_have_too_is_the_models(scorer: Scorer, error: type[Exception]) -> None:
    def fail(inputs: Inputs) -> ModelOutput:
        raise error("a lost table")

    broken = dataclasses.replace(scorer, runtime=fail)
    for predict in (broken.predict, broken.predict_valid):
        with pytest.raises(error, match="a lost table"):
            predict([FINE, HUGE])


@pytest.mark.parametrize("error", [MemoryError, OSError, RuntimeError, DeadlinePassed])
def test_other_errors_are_no_errors_of_rows(scorer: Scorer, error: type[Exception]) -> None:
    def fail(inputs: Inputs) -> ModelOutput:
        if (inputs.matrix > 10).any():
            raise error
        return scorer.runtime(inputs)

    with pytest.raises(error):
        dataclasses.replace(scorer, runtime=fail).predict_valid([FINE, HUGE])


def test_the_consumer_makes_a_dead_letter_of_that_record_alone(fields: FlaskClient) -> None:
    requests: list[int] = []

    def score(rows: Sequence[bytes]) -> Sequence[Any]:
        requests.append(len(rows))
        response = post(fields, f"{PREDICT}?on_error=report&format=columns", b"[%b]" % b",".join(rows))
        return row_results(response.get_json(), len(rows))

    records = [Record("fields.requests", offset=at, value=as_json([row])[1:-1]) for at, row in enumerate([FINE, HUGE])]
    outcomes, error = BatchScorer(score, 100_000).score_front(records, lambda seconds: None)
    assert (requests, error) == ([2], None)
    assert [outcome.message.topic for outcome in outcomes] == ["fields.predictions", "fields.dead-letters"]
    assert outcomes[1].verdict == Fault(Reason.REJECTED, MESSAGE)

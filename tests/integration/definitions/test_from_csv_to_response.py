"""Each definition of the tables, from its CSV to responses of the api."""

import csv
import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import joblib
import pytest
from flask.testing import FlaskClient
from threadpoolctl import threadpool_limits

from petalstream.model.bundle import MODEL, Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from petalstream.settings import Settings
from services.api.app import create_app
from services.api.models.loading import open_bundle
from services.trainer.training import train_definition
from tests.integration.definitions.all_cases import CASES
from tests.integration.definitions.case import ONNX, Case
from tests.trained import TRAIN_SECONDS

pytestmark = pytest.mark.timeout(TRAIN_SECONDS)
# One of each kind; the others take minutes.
REPRESENTATIVES = {
    "support vectors, linear",
    "categories, histogram gradient boosting",
    "missing categories, imputed",
    "a spreadsheet in German",
    "words",
    "a fixed threshold",
    "LightGBM",
    "number: logarithm of the target",
}
NAME = "brought"
# Of a predicted number.
TOLERANCE = 1e-6


def marks(name: str) -> list[pytest.MarkDecorator]:
    """One process for all tests of a definition, which is trained once."""
    return [pytest.mark.xdist_group(name), *([] if name in REPRESENTATIVES else [pytest.mark.long])]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=marks(name)) for name in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    """One definition."""
    return CASES[request.param]


@pytest.fixture(scope="module")
def bundle(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What the trainer publishes of it."""
    folder = tmp_path_factory.mktemp("brought")
    (folder / case.definition.file.path).write_bytes(case.content())
    # Beside other tests, threads that wait for each other take minutes.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn, about what a definition asks of it
        definition = replace(case.definition, publish_if=())  # some predict nothing well
        return train_definition(Settings(models_dir=folder / "models", data_dir=folder), NAME, definition)


@pytest.fixture(scope="module")
def client(bundle: Bundle) -> Iterator[FlaskClient]:
    """The api that serves it."""
    with create_app(Settings(models_dir=bundle.path.parent.parent)).test_client() as client:
        yield client


def expected(bundle: Bundle) -> Any:
    """What the pickled estimator itself predicts for the test set: labels, or numbers to compare with."""
    manifest = bundle.manifest
    inputs = encode_inputs([row for _, row, _ in bundle.test_set()], manifest.inputs)
    predicted = joblib.load(bundle.path / MODEL).predict(to_frame(manifest.inputs, inputs))
    if manifest.predicts_numbers:
        return pytest.approx(predicted.tolist(), rel=TOLERANCE)
    return [manifest.labels[int(code)] for code in predicted]


def predicted(responses: list[dict[str, Any]]) -> list[Any]:
    """The labels or numbers of responses."""
    return [response["label"] if "label" in response else response["prediction"] for response in responses]


def test_it_runs_on_what_its_kind_can_run_on(case: Case, bundle: Bundle) -> None:
    assert open_bundle(bundle).scorer.is_graph == (case.runs_on == ONNX)


def test_rows_get_what_the_estimator_predicts(bundle: Bundle, client: FlaskClient) -> None:
    rows = [row for _, row, _ in bundle.test_set()]
    responses = client.post(f"/models/{NAME}/predict", json=rows).get_json()
    single = client.post(f"/models/{NAME}/predict", json=rows[0]).get_json()
    assert predicted(responses) == expected(bundle)
    assert predicted([single]) == pytest.approx(predicted(responses[:1]))
    assert [*single.get("probabilities", [])] == [*bundle.manifest.scored_labels]
    assert ("interval" in single) == bundle.manifest.predicts_numbers


def test_a_csv_and_a_form_get_the_same_predictions(bundle: Bundle, client: FlaskClient) -> None:
    rows = [row for _, row, _ in bundle.test_set()]
    features = bundle.manifest.features
    cells = [{each.name: each.to_text(row.get(each.name)) for each in features} for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, [each.name for each in features])
    writer.writeheader()
    writer.writerows(cells)
    in_json = client.post(f"/models/{NAME}/predict", json=rows).get_json()
    of_csv = client.post(f"/models/{NAME}/predict", data=text.getvalue(), content_type="text/csv").get_json()
    of_forms = [client.post(f"/models/{NAME}/predict", data=each).get_json() for each in cells[:3]]
    assert of_csv == in_json
    assert predicted(of_forms) == predicted(in_json[:3])


@pytest.mark.parametrize("path", ["", "/report"])
def test_it_has_pages(client: FlaskClient, path: str) -> None:
    response = client.get(f"/models/{NAME}{path}", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert response.mimetype == "text/html"

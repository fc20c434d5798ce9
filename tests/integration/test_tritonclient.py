"""The api as a client of the Open Inference Protocol sees it that knows nothing of it: NVIDIA's tritonclient."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from petalstream.bundle import Bundle
from petalstream.settings import Settings
from tests.lone_api import LoneApi, lone_api
from tests.records import FLOWER

pytestmark = pytest.mark.xdist_group("tritonclient")
FLOWERS = np.array([list(FLOWER.values()), [6.3, 3.3, 6.0, 2.5]])
LABELS = ["setosa", "virginica"]


@pytest.fixture(scope="module")
def api(two_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneApi]:
    """An api of two workers that serves Iris and heart failure."""
    with lone_api(two_models.models_dir, tmp_path_factory.mktemp("tritonclient"), api_workers=2) as running:
        yield running


@pytest.fixture
def client(api: LoneApi) -> Iterator[InferenceServerClient]:
    """A client with a connection of its own."""
    with closing(InferenceServerClient(f"127.0.0.1:{api.port}")) as connected:
        yield connected


def tensor(name: str, values: Any, datatype: str) -> InferInput:
    """An input whose data goes as JSON."""
    made = InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=False)
    return made


def in_columns() -> list[InferInput]:
    """The flowers, an input for each feature."""
    return [tensor(name, FLOWERS[:, position], "FP64") for position, name in enumerate(FLOWER)]


def test_server_and_models_are_live_and_ready(client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris")
    assert client.is_model_ready("heart_failure", "1")
    assert not client.is_model_ready("iris", "2")
    assert not client.is_model_ready("rose")


def test_it_reads_the_metadata(client: InferenceServerClient) -> None:
    assert client.get_server_metadata()["extensions"] == ["model_repository"]
    for asked in (client.get_model_metadata("iris"), client.get_model_metadata("iris", "1")):
        assert [described["name"] for described in asked["inputs"]] == list(FLOWER)
    with pytest.raises(InferenceServerException, match="there is no model 'rose'; served are heart_failure, iris"):
        client.get_model_metadata("rose")


@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
def test_one_tensor_of_all_features_is_predicted(client: InferenceServerClient, datatype: str) -> None:
    values = FLOWERS.astype({"FP64": np.float64, "FP32": np.float32}[datatype])
    result = client.infer("iris", [tensor("flowers", values, datatype)])
    assert result.as_numpy("predict").tolist() == LABELS
    shares = result.as_numpy("predict_proba")
    assert (shares.shape, shares.dtype) == ((2, 3), np.float64)
    assert shares.sum(axis=1) == pytest.approx(1)


def test_an_input_a_column_is_predicted_alike(client: InferenceServerClient) -> None:
    together = client.infer("iris", [tensor("flowers", FLOWERS, "FP64")])
    apart = client.infer("iris", in_columns()[::-1], model_version="1")
    assert apart.get_response() == together.get_response()


def test_columns_of_every_datatype_are_predicted(client: InferenceServerClient, heart_failure: Bundle) -> None:
    samples = [features for _, features, _ in heart_failure.test_set()][:5]
    dtypes: dict[str, Any] = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_}
    inputs = []
    for described in client.get_model_metadata("heart_failure")["inputs"]:
        column = [sample[described["name"]] for sample in samples]
        values = np.array(column, dtypes[described["datatype"]]).reshape(-1, 1)
        inputs.append(tensor(described["name"], values, described["datatype"]))
    result = client.infer("heart_failure", inputs)
    assert set(result.as_numpy("predict").tolist()) <= {"survived", "died"}
    assert result.as_numpy("predict_proba").shape == (5, 2)


def test_the_id_and_the_wanted_outputs_come_back(client: InferenceServerClient) -> None:
    wanted = [InferRequestedOutput("predict_proba", binary_data=False)]
    result = client.infer("iris", in_columns(), request_id="42", outputs=wanted)
    assert result.get_response()["id"] == "42"
    assert result.as_numpy("predict") is None
    assert result.as_numpy("predict_proba").shape == (2, 3)


def test_gzip_goes_both_ways(client: InferenceServerClient) -> None:
    inputs = [tensor("flowers", np.tile(FLOWERS, (50, 1)), "FP64")]
    zipped = client.infer("iris", inputs, request_compression_algorithm="gzip", response_compression_algorithm="gzip")
    assert zipped.as_numpy("predict").tolist() == LABELS * 50
    assert zipped.get_response() == client.infer("iris", inputs).get_response()
    with pytest.raises(InferenceServerException, match="the content encoding must be gzip or none, not deflate"):
        client.infer("iris", inputs, request_compression_algorithm="deflate")


def test_what_it_cannot_have_is_told_in_the_servers_words(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="the input 'petal_width' is missing; expected are sepal_length"):
        client.infer("iris", in_columns()[:-1])
    with pytest.raises(InferenceServerException, match="the output 'label' is not there"):
        client.infer("iris", in_columns(), outputs=[InferRequestedOutput("label")])
    binary = InferInput("flowers", [2, 4], "FP64")
    binary.set_data_from_numpy(FLOWERS)
    with pytest.raises(InferenceServerException, match="binary tensor data is not offered"):
        client.infer("iris", [binary])


def of_each_worker(api: LoneApi, ask: Callable[[InferenceServerClient], Any]) -> list[Any]:
    """What each worker answers while the others are held, so that none of them can answer in its place."""
    answers = []
    for worker in api.workers():
        others = [other for other in api.workers() if other != worker]
        try:
            for other in others:
                other.suspend()
            with closing(InferenceServerClient(f"127.0.0.1:{api.port}")) as client:
                answers.append(ask(client))
        finally:
            for other in others:
                other.resume()
    return answers


def test_a_model_is_unloaded_and_loaded_in_all_workers(api: LoneApi, client: InferenceServerClient) -> None:
    def ready(asked: InferenceServerClient) -> bool:
        return bool(asked.is_model_ready("iris"))

    def state(asked: InferenceServerClient) -> str:
        (found,) = (each["state"] for each in asked.get_model_repository_index() if each["name"] == "iris")
        return str(found)

    def label(asked: InferenceServerClient) -> str:
        return str(asked.infer("iris", in_columns()).as_numpy("predict")[0])

    assert of_each_worker(api, state) == ["READY", "READY"]
    client.unload_model("iris")
    assert of_each_worker(api, ready) == [False, False]
    assert of_each_worker(api, state) == ["UNAVAILABLE", "UNAVAILABLE"]
    assert of_each_worker(api, lambda asked: asked.is_model_ready("heart_failure")) == [True, True]
    client.load_model("iris")
    assert of_each_worker(api, ready) == [True, True]
    assert of_each_worker(api, state) == ["READY", "READY"]
    assert of_each_worker(api, label) == ["setosa", "setosa"]

"""The api as a client of the Open Inference Protocol sees it that knows nothing of it: NVIDIA's tritonclient."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from petalstream.model.bundle import Bundle
from tests.lone_api import LoneApi
from tests.records import FLOWER

pytestmark = pytest.mark.xdist_group("clients")
FLOWERS = np.array([list(FLOWER.values()), [6.3, 3.3, 6.0, 2.5]])
LABELS = ["setosa", "virginica"]


@pytest.fixture
def client(api: LoneApi) -> Iterator[InferenceServerClient]:
    """A client with a connection of its own."""
    with closing(InferenceServerClient(f"127.0.0.1:{api.port}")) as connected:
        yield connected


def tensor(name: str, values: Any, datatype: str, is_binary: bool = True) -> InferInput:
    """An input, whose data are bytes as the client has it by default, or JSON."""
    made = InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=is_binary)
    return made


def labels_in(result: Any) -> list[str]:
    """The predicted labels, which the client has as bytes if they came as bytes, and as texts if they came as JSON."""
    return [label.decode() if isinstance(label, bytes) else label for label in result.as_numpy("predict").tolist()]


def in_columns(is_binary: bool = True) -> list[InferInput]:
    """The flowers, an input for each feature."""
    return [tensor(name, FLOWERS[:, position], "FP64", is_binary) for position, name in enumerate(FLOWER)]


def test_server_and_models_are_live_and_ready(client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris")
    assert client.is_model_ready("heart_failure", "1")
    assert not client.is_model_ready("iris", "2")
    assert not client.is_model_ready("rose")


def test_it_reads_the_metadata(client: InferenceServerClient) -> None:
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "model_repository"]
    for asked in (client.get_model_metadata("iris"), client.get_model_metadata("iris", "1")):
        assert [described["name"] for described in asked["inputs"]] == list(FLOWER)
    with pytest.raises(InferenceServerException, match="there is no model 'rose'; served are heart_failure, iris"):
        client.get_model_metadata("rose")


@pytest.mark.parametrize(
    ("datatype", "dtype", "is_binary"),
    [
        ("FP64", np.float64, True),
        ("FP64", np.float64, False),
        ("FP32", np.float32, True),
        ("FP32", np.float32, False),
        ("FP16", np.float16, True),  # which the client sends as bytes alone
    ],
)
def test_one_tensor_of_all_features_is_predicted(
    client: InferenceServerClient, datatype: str, dtype: type, is_binary: bool
) -> None:
    result = client.infer("iris", [tensor("flowers", FLOWERS.astype(dtype), datatype, is_binary)])
    assert labels_in(result) == LABELS
    shares = result.as_numpy("predict_proba")
    assert (shares.shape, shares.dtype) == ((2, 3), np.float64)
    assert shares.sum(axis=1) == pytest.approx(1)


def test_an_input_a_column_is_predicted_alike(client: InferenceServerClient) -> None:
    together = client.infer("iris", [tensor("flowers", FLOWERS, "FP64")])
    for is_binary in (True, False):
        apart = client.infer("iris", in_columns(is_binary)[::-1], model_version="1")
        assert apart.get_response() == together.get_response()
        for name in ("predict", "predict_proba"):
            assert apart.as_numpy(name).tolist() == together.as_numpy(name).tolist()


def test_inputs_and_outputs_may_be_bytes_and_json_in_any_mixture(client: InferenceServerClient) -> None:
    inputs = [*in_columns(is_binary=True)[:2], *in_columns(is_binary=False)[2:]]
    expected = client.infer("iris", in_columns())
    for is_binary in (True, False):
        wanted = [
            InferRequestedOutput("predict", binary_data=is_binary),
            InferRequestedOutput("predict_proba", binary_data=not is_binary),
        ]
        result = client.infer("iris", inputs, outputs=wanted)
        assert labels_in(result) == labels_in(expected)
        assert result.as_numpy("predict_proba").tolist() == expected.as_numpy("predict_proba").tolist()


def test_columns_of_every_datatype_are_predicted(client: InferenceServerClient, heart_failure: Bundle) -> None:
    samples = [features for _, features, _ in heart_failure.test_set()][:5]
    dtypes: dict[str, Any] = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_}
    inputs = []
    for described in client.get_model_metadata("heart_failure")["inputs"]:
        column = [sample[described["name"]] for sample in samples]
        values = np.array(column, dtypes[described["datatype"]]).reshape(-1, 1)
        inputs.append(tensor(described["name"], values, described["datatype"]))
    result = client.infer("heart_failure", inputs)
    assert set(labels_in(result)) <= {"survived", "died"}
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
    assert labels_in(zipped) == LABELS * 50
    assert zipped.get_response() == client.infer("iris", inputs).get_response()
    with pytest.raises(InferenceServerException, match="the content encoding must be gzip or none, not deflate"):
        client.infer("iris", inputs, request_compression_algorithm="deflate")


def test_what_it_cannot_have_is_told_in_the_servers_words(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="the input 'petal_width' is missing; expected are sepal_length"):
        client.infer("iris", in_columns()[:-1])
    with pytest.raises(InferenceServerException, match="the output 'label' is not there"):
        client.infer("iris", in_columns(), outputs=[InferRequestedOutput("label")])
    with pytest.raises(InferenceServerException, match="and the name of one feature"):
        client.infer("iris", [tensor("petal_width", FLOWERS, "FP64")])


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
        return labels_in(asked.infer("iris", in_columns()))[0]

    assert of_each_worker(api, state) == ["READY", "READY"]
    client.unload_model("iris")
    assert of_each_worker(api, ready) == [False, False]
    assert of_each_worker(api, state) == ["UNAVAILABLE", "UNAVAILABLE"]
    assert of_each_worker(api, lambda asked: asked.is_model_ready("heart_failure")) == [True, True]
    client.load_model("iris")
    assert of_each_worker(api, ready) == [True, True]
    assert of_each_worker(api, state) == ["READY", "READY"]
    assert of_each_worker(api, label) == ["setosa", "setosa"]

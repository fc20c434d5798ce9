"""Models as people fit them in a notebook, and the files that they save."""

import csv
import io
import json
import pickle
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import skops.io
import yaml
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FLOWER_COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
KINDS = ("setosa", "versicolor", "virginica")


def flowers() -> tuple[pd.DataFrame, Any]:
    """Irises with the names of their kinds."""
    rows, codes = load_iris(return_X_y=True)
    return pd.DataFrame(rows, columns=FLOWER_COLUMNS), np.array(KINDS)[codes]


def patients() -> tuple[pd.DataFrame, Any]:
    """Patients with the progression of their disease."""
    data = load_diabetes(as_frame=True, scaled=False)
    return data.data, data.target


def loans(count: int = 400) -> tuple[pd.DataFrame, Any]:
    """Made-up loans of which some are not paid back: 1."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "income": draw.normal(3_000, 900, count).round(2).clip(200),
            "months": draw.integers(6, 60, count),
            "home": draw.choice(["own", "rent", "parents"], count),
            "employed": draw.choice(["yes", "no"], count),
        }
    )
    risk = frame["months"] / 30 - frame["income"] / 2_000 + (frame["employed"] == "no") + draw.normal(0, 0.5, count)
    return frame, (risk > risk.median()).astype(int).to_numpy()


def encoded(last: Any) -> Pipeline:
    """A pipeline for the loans, which encodes the texts."""
    return make_pipeline(
        make_column_transformer(
            (StandardScaler(), ["income", "months"]),
            (OneHotEncoder(handle_unknown="ignore"), ["home", "employed"]),
        ),
        last,
    )


def write_csv(path: Path, frame: pd.DataFrame, target: str, values: Sequence[Any]) -> None:
    """Write rows with what is to be predicted, the target first: the order of columns must not matter."""
    frame.assign(**{target: values})[[target, *frame.columns]].to_csv(path, index=False)


def as_joblib(estimator: Any, frame: pd.DataFrame) -> bytes:
    """What joblib.dump writes, compressed."""
    file = io.BytesIO()
    joblib.dump(estimator, file, compress=3)
    return file.getvalue()


def as_pickle(estimator: Any, frame: pd.DataFrame) -> bytes:
    """What pickle.dump writes."""
    return pickle.dumps(estimator)


def as_skops(estimator: Any, frame: pd.DataFrame) -> bytes:
    """What skops.io.dump writes."""
    return bytes(skops.io.dumps(estimator))


def as_matrix_graph(estimator: Any, frame: pd.DataFrame, **options: Any) -> bytes:
    """What skl2onnx makes of an estimator that takes one matrix of float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = to_onnx(estimator, frame.to_numpy(np.float32)[:1], **options)
    return bytes(model.SerializeToString())


def as_column_graph(estimator: Any, frame: pd.DataFrame) -> bytes:
    """What skl2onnx makes of an estimator with an input for each column."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = to_onnx(estimator, frame[:1])
    return bytes(model.SerializeToString())


def softmax_graph(weights: Any, bias: Any, **changes: Any) -> bytes:
    """A softmax regression made by hand, as of another library: probabilities alone, and no names of labels."""
    nodes = [
        helper.make_node("Gemm", ["x", "weights", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["y"], axis=1),
    ]
    inputs, labels = weights.shape
    graph = helper.make_graph(
        nodes,
        "softmax",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", labels])],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 13)],
        producer_name="by-hand",
        producer_version="1.0",
        ir_version=8,
    )
    return bytes(model.SerializeToString())


Write = Callable[[Any, pd.DataFrame], bytes]


def mlflow_folder(path: Path, model: bytes, **changes: Any) -> Path:
    """A folder as mlflow 2 writes it for scikit-learn; `changes` are entries of its flavor."""
    path.mkdir()
    flavor = {
        "code": None,
        "pickled_model": "model.pkl",
        "serialization_format": "cloudpickle",
        "sklearn_version": "1.9.1",
        **changes,
    }
    entries = {
        "artifact_path": "model",
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
            "sklearn": flavor,
        },
        "mlflow_version": "2.20.0",
        "run_id": "0" * 32,
    }
    (path / "MLmodel").write_text(yaml.safe_dump(entries))
    (path / "model.pkl").write_bytes(model)
    (path / "requirements.txt").write_text("mlflow==2.20.0\nscikit-learn==1.5.2\ncloudpickle==3.1.2\n")
    (path / "conda.yaml").write_text(json.dumps({"dependencies": ["python=3.11", "pip"]}))
    return path


def rows_of(path: Path, target: str) -> list[dict[str, str]]:
    """The rows of a CSV without the target."""
    with path.open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name != target} for row in csv.DictReader(file)]

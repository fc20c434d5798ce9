"""Tensors for features that take choices, or no value: what the model gets of them, row by row and in columns."""

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Category, Feature, Number
from petalstream.model.bundle import Bundle
from petalstream.model.inference import infer_classes
from petalstream.reasons import Reason
from services.api.errors import InvalidRows
from services.api.scoring.matrix import Table
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Scorer
from services.api.wire.binary_tensors import Blobs
from services.api.wire.tensor_rows import table_from_tensors
from services.api.wire.tensors import read_tensor

# From 16 rows on, whole columns are encoded.
COUNTS = (4, 20)
POT = Category("pot", choices=(10, 0.1, 1), optional=True)
DEPTH = Number("depth", optional=True)
LABELS = ("ten", "tenth", "one", "missing")


@pytest.fixture
def scorer(iris: Bundle) -> Scorer:
    """The scorer of a tree that says which choice the pot has."""
    samples = np.array([[0, 5], [1, 5], [2, 5], [np.nan, np.nan]])
    tree = DecisionTreeClassifier(random_state=0).fit(samples, range(len(LABELS)))
    counts = {"choices": list(POT.choices), "counts": [1, 1, 1]}
    manifest = dataclasses.replace(
        iris.manifest, features=(POT, DEPTH), labels=LABELS, training={"pot": counts, "depth": {}}, golden=()
    )
    return Scorer(manifest, lambda inputs: infer_classes(tree, inputs.matrix, len(LABELS)))


def labels(predictions: Predictions) -> list[str]:
    return [row["label"] for row in predictions.as_rows()]


def table(features: Sequence[Feature], *tensors: dict[str, Any], blob: bytes = b"") -> Table:
    """The table of tensors that were sent as JSON, with the bytes after it."""
    blobs, sent = Blobs(blob), json.loads(json.dumps(tensors))
    return table_from_tensors(features, [read_tensor(each, blobs) for each in sent])


def tensor(name: str, datatype: str, data: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": np.shape(data), "data": np.ravel(data).tolist()}


@pytest.mark.parametrize("count", COUNTS)
def test_numbers_in_a_matrix_are_choices_and_no_codes(scorer: Scorer, count: int) -> None:
    assert labels(scorer.predict(table((POT, DEPTH), tensor("all", "FP64", [[1, 5.0]] * count)))) == ["one"] * count


@pytest.mark.parametrize("count", COUNTS)
def test_a_number_that_is_a_code_and_no_choice_is_invalid(scorer: Scorer, count: int) -> None:
    with pytest.raises(InvalidRows) as raised:
        scorer.predict(table((POT, DEPTH), tensor("all", "FP64", [[2, 5.0]] * count)))
    assert [(error.row, error.field) for error in raised.value.errors] == [(row, "pot") for row in range(count)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("datatype", "dtype"), [("FP16", np.float16), ("FP32", np.float32), ("FP64", np.float64)])
def test_a_choice_is_found_in_the_precision_of_its_datatype(
    scorer: Scorer, datatype: str, dtype: type[np.floating[Any]], count: int
) -> None:
    pots = np.array([0.1, 10] * (count // 2), dtype)
    depth = tensor("depth", "FP64", [5.0] * count)
    binary = {"name": "pot", "datatype": datatype, "shape": [count], "parameters": {"binary_data_size": pots.nbytes}}
    matrix = tensor("all", datatype, np.stack([pots, pots], axis=1).astype(np.float64).tolist())
    for sent in (
        table((POT, DEPTH), tensor("pot", datatype, pots.astype(np.float64).tolist()), depth),
        table((POT, DEPTH), binary, depth, blob=pots.tobytes()),
        table((POT, DEPTH), matrix),
    ):
        assert labels(scorer.predict(sent)) == ["tenth", "ten"] * (count // 2)


def test_a_choice_that_its_datatype_would_round_is_taken_as_it_is_sent() -> None:
    plot = Category("plot", choices=(2**24, 2**24 + 1))
    assert table([plot], tensor("plot", "FP32", [2**24 + 1, 2**24])).columns["plot"] == [2**24 + 1, 2**24]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("missing", [None, math.nan])
def test_rows_without_any_value_are_predicted(scorer: Scorer, missing: float | None, count: int) -> None:
    columns = {name: [missing] * count for name in ("pot", "depth")}
    tensors = [{"name": name, "datatype": "FP64", "shape": [count], "data": data} for name, data in columns.items()]
    for rows in (Table(columns), Table(columns).rows(), table((POT, DEPTH), *tensors)):
        assert labels(scorer.predict(rows)) == ["missing"] * count


@pytest.mark.parametrize("count", COUNTS)
def test_nan_in_a_tensor_is_no_value_and_an_error_where_one_is_required(scorer: Scorer, count: int) -> None:
    data = [[10, 5.0]] * (count - 1) + [[math.nan, math.nan]]
    assert labels(scorer.predict(table((POT, DEPTH), tensor("all", "FP64", data)))) == ["ten"] * (count - 1) + [
        "missing"
    ]
    required = dataclasses.replace(scorer.manifest, features=(POT, Number("depth")))
    with pytest.raises(InvalidRows) as raised:
        Scorer(required, scorer.runtime).predict(table(required.features, tensor("all", "FP64", data)))
    assert [(error.row, error.field, error.reason) for error in raised.value.errors] == [
        (count - 1, "depth", Reason.NOT_FINITE)
    ]

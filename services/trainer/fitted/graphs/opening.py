"""From the content of an ONNX file to an estimator, and to what the file says of itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto

from services.trainer.definition import Definition
from services.trainer.definition.columns import label_text
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.graphs.estimator import GraphClassifier, GraphRegressor
from services.trainer.fitted.graphs.joining import join
from services.trainer.fitted.graphs.layout import WHOLE, Layout, find_layout
from services.trainer.fitted.graphs.reading import read_graph
from services.trainer.fitted.graphs.trial import try_graph
from services.trainer.fitted.labels import match_labels
from services.trainer.fitted.signature import Signature

# Of the sum of probabilities in 32 bits.
ROUNDING = 1e-3
# A threshold may make some labels others than the likeliest.
LEAST_AGREEMENT = 0.5


def read_signature(content: bytes, name: str) -> Signature:
    """Return what the graph of the file `name` says of itself. Raises FittedError."""
    model = read_graph(content, name)
    layout = find_layout(model, name)
    named = not layout.is_matrix and len(layout.inputs) > 1
    return Signature(
        names=[each.name for each in layout.inputs] if named else None,
        count=layout.inputs[0].width if layout.is_matrix else len(layout.inputs),
        labels=_labels(layout),
        texts=frozenset(each.name for each in layout.inputs if each.type == TensorProto.STRING),
        whole=frozenset(each.name for each in layout.inputs if each.type in WHOLE),
        made_with=_made_with(model),
    )


def open_graph(content: bytes, name: str, definition: Definition, frame: Any) -> GraphClassifier | GraphRegressor:
    """Return the graph of the file `name`, joined to the inputs and labels of a definition. Raises FittedError.

    What it gives for the rows of `frame` shows whether its scores are probabilities, which no graph says.
    """
    model = read_graph(content, name)
    layout = find_layout(model, name)
    _check_columns(layout, name, definition)
    order = _order(layout, name, definition)
    joined = join(model, layout, definition.inputs, order)
    try_graph(joined, len(definition.inputs), name)
    if layout.numbers is not None:
        return GraphRegressor(joined)
    if layout.probabilities is None:
        return GraphClassifier(joined, len(order), has_probabilities=False)
    given = GraphClassifier(joined, len(order), has_probabilities=True)
    if _are_probabilities(given.predict_proba(frame)):
        _check_order(given, layout, name, frame)
        return given
    if layout.label is None:
        raise FittedError(f"{name} gives scores that are no probabilities, and no label; add a softmax to it")
    return GraphClassifier(
        join(model, replace(layout, probabilities=None), definition.inputs, order), len(order), has_probabilities=False
    )


def _are_probabilities(found: NDArray[np.float64]) -> bool:
    """Return whether rows are shares of 1, as the distances of support vectors are not."""
    return bool((found >= -ROUNDING).all() and (np.abs(found.sum(axis=1) - 1) <= ROUNDING).all())


def _check_order(graph: GraphClassifier, layout: Layout, name: str, frame: Any) -> None:
    """Raise FittedError if the graph names no labels and the likeliest in their order is mostly another one."""
    likeliest = graph.predict_proba(frame).argmax(axis=1)
    if layout.labels is None and (graph.predict(frame) == likeliest).mean() < LEAST_AGREEMENT:
        raise FittedError(f"{name} names no labels, and gives probabilities in another order than that of its labels")


def _check_columns(layout: Layout, name: str, definition: Definition) -> None:
    given = [feature.name for feature in definition.inputs]
    if layout.is_matrix and layout.inputs[0].width not in (None, len(given)):
        raise FittedError(f"{name} takes {layout.inputs[0].width} columns, and the definition has {len(given)} inputs")
    taken = [each.name for each in layout.inputs]
    if len(taken) > 1 and sorted(taken) != sorted(given):
        raise FittedError(f"{name} takes {', '.join(taken)}, and the definition has {', '.join(given)}")


def _order(layout: Layout, name: str, definition: Definition) -> Mapping[Any, int]:
    """Return the position of each label that the graph predicts. Raises FittedError."""
    if (layout.numbers is None) != bool(definition.labels):
        what = "numbers" if layout.numbers is not None else "labels"
        raise FittedError(f"{name} predicts {what}, and {definition.target_column} has none")
    if not definition.labels:
        return {}
    labels = layout.labels
    if labels is None and layout.label is not None and layout.label.type == TensorProto.STRING:
        labels = sorted(definition.target_values)
    elif labels is None:
        labels = range(len(definition.labels))
    return match_labels(labels, name, definition)


def _labels(layout: Layout) -> list[str] | None:
    if layout.numbers is not None:
        return []
    if layout.labels is not None:
        return [label_text(each) for each in layout.labels]
    if layout.label is None and layout.probabilities is not None and layout.probabilities.width:
        return [str(position) for position in range(layout.probabilities.width)]
    return None


def _made_with(model: ModelProto) -> dict[str, str]:
    return {model.producer_name: model.producer_version} if model.producer_name and model.producer_version else {}

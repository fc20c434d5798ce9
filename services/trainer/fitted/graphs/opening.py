"""From the content of an ONNX file to an estimator, and to what the file says of itself."""

from collections.abc import Mapping
from typing import Any

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


def open_graph(content: bytes, name: str, definition: Definition) -> GraphClassifier | GraphRegressor:
    """Return the graph of the file `name`, joined to the inputs and labels of a definition. Raises FittedError."""
    model = read_graph(content, name)
    layout = find_layout(model, name)
    _check_columns(layout, name, definition)
    order = _order(layout, name, definition)
    joined = join(model, layout, definition.inputs, order)
    try_graph(joined, len(definition.inputs), name)
    if layout.numbers is not None:
        return GraphRegressor(joined)
    return GraphClassifier(joined, len(definition.labels), layout.probabilities is not None)


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

"""Converts a fitted estimator to the ONNX model that petalstream.model.graph opens."""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, compose, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.base import is_regressor
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from petalstream.features import Feature
from petalstream.model.graph import SAMPLES
from petalstream.model.inference import is_vote, last_step, steps_before, weights
from services.trainer.conversion import boosting, forests, histograms, leaves, linear, support_vectors, transformers
from services.trainer.conversion.columns import for_matrix
from services.trainer.conversion.graph_outputs import class_outputs, number_outputs
from services.trainer.evaluation.threshold import find_threshold

OPSETS = {"": 21, leaves.MACHINE_LEARNING: leaves.VERSION}
OWN = (boosting, forests, histograms, linear, support_vectors, transformers)
CONVERTERS = {kind: convert for own in OWN for kind, convert in own.CONVERTERS.items()}
SHAPES = {kind: shape for own in OWN for kind, shape in own.SHAPES.items()}
IR_VERSION = 10  # the one that was released with this opset


def convert(estimator: Any, features: Sequence[Feature]) -> bytes:
    """Return the ONNX model of an estimator with these inputs; the same estimator gives the same bytes.

    May raise any exception for an estimator that skl2onnx cannot convert.
    """
    threshold = find_threshold(estimator, range(2))
    inputs, estimator = len(features), for_matrix(_without_threshold(estimator) if threshold else estimator, features)
    parts = [_convert_part(each, inputs) for each in (_voters(estimator) if is_vote(estimator) else [estimator])]
    nodes, constants = _merge(parts)
    own = number_outputs() if is_regressor(estimator) else class_outputs(estimator, threshold)
    graph = helper.make_graph(
        [*nodes, *own.nodes],
        "model",
        [helper.make_tensor_value_info(SAMPLES, TensorProto.DOUBLE, ["n", inputs])],
        own.values,
        [*constants, *(numpy_helper.from_array(value, name) for name, value in own.constants.items())],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _voters(estimator: Any) -> Iterator[Any]:
    """Yield each fitted voter of a majority vote, in a Pipeline with the steps before the vote if there are some."""
    before = steps_before(estimator)
    for voter in last_step(estimator).estimators_:
        yield Pipeline([*before, ("voter", voter)]) if before else voter


def _convert_part(estimator: Any, inputs: int) -> ModelProto:
    """Return the ONNX model of one estimator; its outputs are labels and probabilities, or numbers."""
    last = last_step(estimator)
    if isinstance(last, VotingClassifier):
        last = copy(last)
        last.flatten_transform = False  # skl2onnx converts no other value, and takes weights only as an array
        last.weights = None if last.weights is None else np.array(weights(last))
        before = steps_before(estimator)
        estimator = Pipeline([*before, ("vote", last)]) if before else last
    part: ModelProto = convert_sklearn(
        estimator,
        initial_types=[(SAMPLES, DoubleTensorType([None, inputs]))],
        # For regressors and LinearSVC there is no such option.
        options=None if is_regressor(last) or isinstance(last, LinearSVC) else {"zipmap": False},
        target_opset=OPSETS,
        custom_conversion_functions=CONVERTERS,
        custom_shape_calculators=SHAPES,
    )
    return part


def _merge(parts: Sequence[ModelProto]) -> tuple[list[NodeProto], list[TensorProto]]:
    """Return nodes and constants of all parts, with the part's number before each name; all take the same samples."""
    nodes, constants = [], []
    for number, part in enumerate(parts):
        own = compose.add_prefix(part, str(number)).graph
        (taken,), outputs = own.input, own.output
        width = taken.type.tensor_type.elem_type
        nodes += [helper.make_node("Cast", [SAMPLES], [taken.name], to=width), *own.node]
        if len(outputs) > 1:
            nodes.append(helper.make_node("Identity", [outputs[0].name], [f"label{number}"]))
        nodes.append(helper.make_node("Cast", [outputs[-1].name], [f"result{number}"], to=TensorProto.DOUBLE))
        constants += own.initializer
    return nodes, constants


def _without_threshold(estimator: Any) -> Any:
    """Return the estimator whose probabilities the threshold is for, in a Pipeline with the steps before it."""
    before, inner = steps_before(estimator), last_step(estimator).estimator_
    return Pipeline([*before, ("inner", inner)]) if before else inner

"""The inference request and response of the Open Inference Protocol, in JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import Manifest
from petalstream.error_text import MAX_CHARACTERS
from petalstream.schema import Feature
from services.api.errors import WrongTensor
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows
from services.api.wire.tensor_metadata import PREDICT, PROBABILITIES, describe_outputs
from services.api.wire.tensor_rows import table_from_tensors
from services.api.wire.tensors import describe_value, read_parameters, read_tensor

OUTPUTS = (PREDICT, PROBABILITIES)


@dataclass(frozen=True)
class InferenceRequest:
    """The `rows` to score, the names of the `outputs` to return, and the `id` to repeat in the response."""

    id: str | None
    rows: Rows
    outputs: list[str]


def read_request(features: Sequence[Feature], content: object) -> InferenceRequest:
    """Return the request in a parsed JSON body. Raises WrongTensor.

    Parameters are for extensions of the protocol and change nothing.
    """
    if not isinstance(content, dict):
        raise WrongTensor(f"the body must be an object with inputs, not {describe_value(content)}")
    if "inputs" not in content:
        raise WrongTensor("the body has no inputs; expected is an object with a list of one tensor or more as inputs")
    read_parameters(content, "the request")
    identifier, inputs = content.get("id"), content.get("inputs")
    if not isinstance(identifier, str | None):
        raise WrongTensor(f"the id must be a text, not {describe_value(identifier)}")
    if not isinstance(inputs, list) or not inputs:
        found = "an empty one" if inputs == [] else describe_value(inputs)
        raise WrongTensor(f"inputs must be a list of one tensor or more, not {found}")
    outputs = _read_outputs(content.get("outputs"))
    table = table_from_tensors(features, [read_tensor(tensor) for tensor in inputs])
    return InferenceRequest(identifier, table, outputs)


def build_response(manifest: Manifest, request: InferenceRequest, predictions: Predictions) -> dict[str, Any]:
    """Return the response for json_text.write_json; all rows are valid, and the data of each output tensor is flat."""
    tensors, described = [], describe_outputs(manifest)
    for name in request.outputs:
        shape = [predictions.row_count, *described[name]["shape"][1:]]
        data = predictions.labels() if name == PREDICT else predictions.output.probabilities.ravel()
        tensors.append({**described[name], "shape": shape, "data": data})
    identifier = {} if request.id is None else {"id": request.id}
    return {"model_name": manifest.model, "model_version": manifest.version, **identifier, "outputs": tensors}


def _read_outputs(requested: object) -> list[str]:
    """Return the names in `outputs` in their order, or all outputs if it is empty or missing."""
    if not isinstance(requested, list | None):
        raise WrongTensor(f"outputs must be a list of objects with a name, not {describe_value(requested)}")
    names: list[str] = []
    for output in requested or []:
        if not isinstance(output, dict) or not isinstance(output.get("name"), str):
            raise WrongTensor(f"each output must be an object with a name, not {describe_value(output)}")
        name = output["name"]
        if name not in OUTPUTS or name in names:
            problem = "asked for twice" if name in names else "not there"
            raise WrongTensor(f"the output {name[:MAX_CHARACTERS]!r} is {problem}; there are {', '.join(OUTPUTS)}")
        read_parameters(output, f"the output {name!r}")
        names.append(name)
    return names or list(OUTPUTS)

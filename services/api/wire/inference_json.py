"""The inference request and response of the Open Inference Protocol, in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.error_text import MAX_CHARACTERS, describe_value
from petalstream.model.manifest import Manifest
from services.api.errors import WrongTensor
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows
from services.api.targets import target_of
from services.api.wire.binary_tensors import HEADER, OCTETS, SIZE, Blobs, encode
from services.api.wire.json_text import write_json
from services.api.wire.media_types import JSON
from services.api.wire.tensor_rows import table_from_tensors
from services.api.wire.tensors import read_parameters, read_tensor


@dataclass(frozen=True)
class InferenceRequest:
    """The `rows` to score, the `outputs` to return, and the `id` to repeat in the response.

    `outputs` has for each name whether its data are returned as bytes.
    """

    id: str | None
    rows: Rows
    outputs: Mapping[str, bool]


def read_request(manifest: Manifest, content: object, blobs: Blobs) -> InferenceRequest:
    """Return the request in a parsed JSON body and the `blobs` after it. Raises WrongTensor.

    Parameters are for extensions of the protocol; those for binary data are known, and others change nothing.
    """
    if not isinstance(content, dict):
        raise WrongTensor(f"the body must be an object with inputs, not {describe_value(content)}")
    if "inputs" not in content:
        raise WrongTensor("the body has no inputs; expected is an object with a list of one tensor or more as inputs")
    is_binary = _read_flag(read_parameters(content, "the request"), "binary_data_output", "the request", False)
    identifier, inputs = content.get("id"), content.get("inputs")
    if not isinstance(identifier, str | None):
        raise WrongTensor(f"the id must be a text, not {describe_value(identifier)}")
    if not isinstance(inputs, list) or not inputs:
        found = "an empty one" if inputs == [] else describe_value(inputs)
        raise WrongTensor(f"inputs must be a list of one tensor or more, not {found}")
    outputs = _read_outputs(list(target_of(manifest).describe_tensors()), content.get("outputs"), is_binary)
    tensors = [read_tensor(tensor, blobs) for tensor in inputs]
    blobs.require_empty()
    table = table_from_tensors(manifest.features, tensors)
    return InferenceRequest(identifier, table, outputs)


def write_response(
    manifest: Manifest, request: InferenceRequest, predictions: Predictions
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers that describe the body, and the body: JSON, and after it the bytes of binary outputs."""
    content, blobs = _build_response(manifest, request, predictions)
    text = write_json(content)
    if not blobs:
        return [("Content-Type", JSON)], text
    return [("Content-Type", OCTETS), (HEADER, str(len(text)))], b"".join([text, *blobs])


def _build_response(
    manifest: Manifest, request: InferenceRequest, predictions: Predictions
) -> tuple[dict[str, Any], Sequence[bytes]]:
    """Return the JSON of the response, and the bytes after it; all rows are valid, tensors are flat."""
    target, tensors, blobs = predictions.target, [], list[bytes]()
    described, data_of = target.describe_tensors(), target.tensors(predictions.output)
    for name, is_binary in request.outputs.items():
        tensor = {**described[name], "shape": [predictions.row_count, *described[name]["shape"][1:]]}
        data = data_of[name]
        if is_binary:
            blobs.append(encode(data))
            tensor["parameters"] = {**tensor.get("parameters", {}), SIZE: len(blobs[-1])}
        else:
            tensor["data"] = data
        tensors.append(tensor)
    identifier = {} if request.id is None else {"id": request.id}
    response = {"model_name": manifest.model, "model_version": manifest.version, **identifier, "outputs": tensors}
    return response, blobs


def _read_outputs(known: Sequence[str], requested: object, is_binary: bool) -> dict[str, bool]:
    """Return for each output `requested`, or all `known`, whether it is binary: what it says, or `is_binary`."""
    if not isinstance(requested, list | None):
        raise WrongTensor(f"outputs must be a list of objects with a name, not {describe_value(requested)}")
    names: dict[str, bool] = {}
    for output in requested or []:
        if not isinstance(output, dict) or not isinstance(output.get("name"), str):
            raise WrongTensor(f"each output must be an object with a name, not {describe_value(output)}")
        name = output["name"]
        if name not in known or name in names:
            problem = "asked for twice" if name in names else "not there"
            raise WrongTensor(f"the output {name[:MAX_CHARACTERS]!r} is {problem}; there are {', '.join(known)}")
        title = f"the output {name!r}"
        names[name] = _read_flag(read_parameters(output, title), "binary_data", title, is_binary)
    return names or dict.fromkeys(known, is_binary)


def _read_flag(parameters: Mapping[str, Any], name: str, title: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise WrongTensor(f"{name} of {title} must be true or false, not {describe_value(value)}")
    return value

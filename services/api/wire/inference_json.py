"""The inference request and response of the Open Inference Protocol, in JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature
from services.api.errors import WrongTensor
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows
from services.api.wire import tensor_rows, tensors
from services.api.wire.tensor_metadata import PREDICT, PROBABILITIES, describe_outputs
from services.api.wire.tensors import SHOWN, describe_value

OUTPUTS = (PREDICT, PROBABILITIES)


@dataclass(frozen=True)
class InferenceRequest:
    """What a request asks for: `rows` to score, the names of the `outputs` to answer with, and the `id` to repeat."""

    id: str | None
    rows: Rows
    outputs: list[str]


def read_request(features: Sequence[Feature], content: object) -> InferenceRequest:
    """The request that a JSON body holds. Parameters are for extensions and change nothing. Raises WrongTensor."""
    if not isinstance(content, dict):
        raise WrongTensor(f"the body must be an object with inputs, not {describe_value(content)}")
    if "inputs" not in content:
        raise WrongTensor("the body has no inputs; expected is an object with a list of one tensor or more as inputs")
    tensors.read_parameters(content, "the request")
    identifier, inputs = content.get("id"), content.get("inputs")
    if not isinstance(identifier, str | None):
        raise WrongTensor(f"the id must be a text, not {describe_value(identifier)}")
    if not isinstance(inputs, list) or not inputs:
        found = "an empty one" if inputs == [] else describe_value(inputs)
        raise WrongTensor(f"inputs must be a list of one tensor or more, not {found}")
    wanted = _wanted(content.get("outputs"))
    return InferenceRequest(
        identifier, tensor_rows.table_from_tensors(features, [tensors.read_tensor(each) for each in inputs]), wanted
    )


def build_response(manifest: Manifest, asked: InferenceRequest, scored: Predictions) -> dict[str, Any]:
    """The JSON for what was found of the rows of a request, which all fit; all data is flat."""
    data = {PREDICT: scored.labels(), PROBABILITIES: scored.output.probabilities.ravel().tolist()}
    given, described = [], describe_outputs(manifest)
    for name in asked.outputs:
        tensor = described[name]
        given.append({**tensor, "shape": [scored.row_count, *tensor["shape"][1:]], "data": data[name]})
    identifier = {} if asked.id is None else {"id": asked.id}
    return {"model_name": manifest.model, "model_version": manifest.version, **identifier, "outputs": given}


def _wanted(listed: object) -> list[str]:
    """The names in `outputs`, in their order; all where it is empty or not there."""
    if not isinstance(listed, list | None):
        raise WrongTensor(f"outputs must be a list of objects with a name, not {describe_value(listed)}")
    names: list[str] = []
    for each in listed or []:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise WrongTensor(f"each output must be an object with a name, not {describe_value(each)}")
        name = each["name"]
        if name not in OUTPUTS or name in names:
            fault = "asked for twice" if name in names else "not there"
            raise WrongTensor(f"the output {name[:SHOWN]!r} is {fault}; there are {', '.join(OUTPUTS)}")
        tensors.read_parameters(each, f"the output {name!r}")
        names.append(name)
    return names or list(OUTPUTS)

"""Asks an api for predictions with KServe's REST client, and prints what it gets as JSON.

Runs in an environment of its own, since KServe needs other packages than Petalstream: ask.py URL ROWS, where ROWS are
rows of Iris as JSON, each a list of four numbers.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def build_request(rows: Any, is_binary: bool, outputs: list[RequestedOutput] | None = None) -> InferRequest:
    """Return a request with one tensor of all features, as bytes or as JSON."""
    tensor = InferInput("flowers", list(rows.shape), "FP64")
    tensor.set_data_from_numpy(rows, binary_data=is_binary)
    wanted = {} if outputs else {"parameters": {"binary_data_output": is_binary}}
    return InferRequest("iris", [tensor], request_outputs=outputs, **wanted)


async def ask(url: str, rows: Any) -> dict[str, Any]:
    """Return what the client reads from the responses."""
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    ready = [
        await client.is_server_ready(url),
        await client.is_server_live(url),
        await client.is_model_ready(url, "iris"),
    ]
    found: dict[str, Any] = {"ready": ready}
    mixed = [
        RequestedOutput("predict", {"binary_data": True}),
        RequestedOutput("predict_proba", {"binary_data": False}),
    ]
    requests = {
        "bytes": build_request(rows, True),
        "json": build_request(rows, False),
        "mixed": build_request(rows, True, mixed),
    }
    for name, request in requests.items():
        headers: dict[str, str] = {}
        response = await client.infer(url, request, model_name="iris", response_headers=headers)
        labels, probabilities = (output.as_numpy() for output in response.outputs)
        found[name] = {
            "type": headers["content-type"],
            "labels": [label.decode() if isinstance(label, bytes) else label for label in labels.tolist()],
            "probabilities": probabilities.tolist(),
        }
    try:
        await client.infer(url, build_request(rows[:, :3], True), model_name="iris")
    except httpx.HTTPStatusError as error:
        found["error"] = str(error)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(sys.argv[1], np.array(json.loads(sys.argv[2]))))))

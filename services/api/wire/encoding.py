"""Answers as the bytes of JSON."""

import json
from typing import Any

import orjson


def json_bytes(content: Any) -> bytes:
    """`content` in JSON, of which numpy arrays are lists; a NaN in one is null."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:
        # A client can name half of a surrogate pair, or a number of very many digits, and gets it back in what is said.
        return json.dumps(content, allow_nan=False, default=_listed).encode()


def _listed(array: Any) -> Any:
    return orjson.loads(orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY))

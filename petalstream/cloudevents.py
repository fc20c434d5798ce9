"""Reads CloudEvents 1.0 in structured mode: a JSON object with the attributes of an event and its data.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from petalstream.error_text import describe_json

EVENT, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
# All media types of structured events begin with it.
MEDIA_TYPE = "application/cloudevents"
SPECVERSION = "1.0"
DATA, BASE64 = "data", "data_base64"
# A media type whose subtype is json or ends with +json; parameters may follow.
JSON_TYPE = r"^[^/; ]+/([^/; ]+\+)?[Jj][Ss][Oo][Nn] *(;.*)?$"


class InvalidEvent(ValueError):
    """A CloudEvent that cannot be scored; the message names the attribute."""


class Event(NamedTuple):
    """The data of an event, an object of named features, and its attributes that are not null."""

    data: dict[str, Any]
    attributes: Mapping[str, str | bool | int]


def read_event(content: object) -> Event:
    """Read an event from its parsed JSON. Raises InvalidEvent.

    Only `specversion` and data are needed: an event without an `id`, `source` or `type` is read, too.
    """
    if not isinstance(content, dict):
        raise InvalidEvent(f"a CloudEvent must be a JSON object, not {describe_json(content)}")
    attributes = {name: value for name, value in content.items() if name not in (DATA, BASE64) and value is not None}
    version, kind = attributes.get("specversion"), attributes.get("datacontenttype", "application/json")
    if version != SPECVERSION:
        raise InvalidEvent(f"specversion must be '{SPECVERSION}', not {describe_json(version)}")
    if not isinstance(kind, str) or not re.match(JSON_TYPE, kind):
        raise InvalidEvent(f"datacontenttype must be application/json or another JSON type, not {describe_json(kind)}")
    for name, value in attributes.items():
        if not isinstance(value, str | bool | int):
            raise InvalidEvent(f"{name[:40]} must be a text, a boolean or a whole number, not {describe_json(value)}")
    member, data = _data(content)
    if not isinstance(data, dict):
        raise InvalidEvent(f"{member} must be a JSON object of named features, not {describe_json(data)}")
    return Event(data, attributes)


def _data(content: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the event's data, and the name of the member that holds it."""
    if BASE64 not in content:
        if DATA not in content:
            raise InvalidEvent(f"{DATA} is missing")
        return DATA, content[DATA]
    if DATA in content:
        raise InvalidEvent(f"an event has {DATA} or {BASE64}, not both")
    try:
        return BASE64, json.loads(base64.b64decode(content[BASE64], validate=True).decode("utf-8-sig"))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidEvent(f"{BASE64} must be a JSON object in UTF-8 and base64: {error}") from error

"""Reads request records."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from petalstream.cloudevents import InvalidEvent
from petalstream.messages import (
    CONTENT_TYPE,
    Headers,
    ReceivedRecord,
    coordinates,
    model_of,
    size,
)
from petalstream.reasons import Fault, Reason
from services.consumer.scoring.structured import is_structured, to_binary

# The id of the event that caused this one, by the extension
# https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/correlation.md
CAUSE = "ce_causationid"
# A prediction sets these itself, or they describe the request's data.
REPLACED_HEADERS = frozenset(
    (
        *("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type", CAUSE),
        *("source_topic", "source_partition", "source_offset", "source_timestamp"),
        *("ce_dataschema", "ce_datacontenttype"),
    )
)
# A float of at least this size may be an integer of more than 64 bits, of which orjson keeps the first digits only.
_INTEGER_LIMIT = 2.0**63


@dataclass
class CorruptRecord:
    """A record whose bytes cannot be decoded; only its coordinates are known. `message` is the client's error."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    message: str
    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()


class InvalidRecord(ValueError):
    """A record that is not one JSON object of named features; `fault` is the reason and a message."""

    def __init__(self, record: ReceivedRecord, reason: Reason, message: str) -> None:
        super().__init__(f"{coordinates(record)}: {message}")
        self.fault = Fault(reason, message)


class Request(NamedTuple):
    """A request record, parsed. `row` is the JSON of its features, `headers` are those that its prediction repeats.

    `needs_json` is set if orjson would change its features, which json must then write.
    """

    record: ReceivedRecord
    model: str
    row: bytes
    features: Mapping[str, Any]
    headers: Headers
    needs_json: bool = False

    @property
    def expected(self) -> str | None:
        """The true label, if the sender knew it."""
        label = None
        for name, value in self.headers:
            if name == "expected":
                label = value.decode(errors="replace")
        return label


def read_request(record: ReceivedRecord, most_bytes: int) -> Request:
    """Read a record of a `<model>.requests` topic, of at most `most_bytes`. Raises InvalidRecord."""
    if record.value is None:
        if isinstance(record, CorruptRecord):
            raise InvalidRecord(record, Reason.CORRUPT, record.message)
        raise InvalidRecord(record, Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    if (record_bytes := size(record.key, record.value, record.headers)) > most_bytes:
        raise InvalidRecord(record, Reason.TOO_LARGE, f"{record_bytes} bytes, and at most {most_bytes} are scored")
    row = record.value
    headers, content_type = _passed_on(record.headers)
    try:
        if content_type and content_type != CONTENT_TYPE[1] and is_structured(content_type):
            row, attributes = to_binary(content_type, row, record.headers)
            headers, _ = _passed_on(attributes)
        features, needs_json = _parse(row)
    except InvalidEvent as error:
        raise InvalidRecord(record, Reason.INVALID_EVENT, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRecord(record, Reason.UNDECODABLE, f"not JSON in UTF-8: {error}") from error
    if not isinstance(features, dict):
        raise InvalidRecord(record, Reason.NOT_AN_OBJECT, "not a JSON object of named features")
    return Request(record, model_of(record.topic), row, features, headers, needs_json)


def _passed_on(headers: Sequence[tuple[str, bytes | None]]) -> tuple[Headers, bytes | None]:
    """Return the headers that a prediction repeats, the request's id as CAUSE; and the header `content-type`.

    A null header is left out: no client can be relied on to write it. Runs for every record, so it is one loop.
    """
    passed: Headers = []
    content_type = cause = None
    for name, value in headers:
        if name not in REPLACED_HEADERS:
            if value is not None:
                passed.append((name, value))
        elif name == "content-type":
            content_type = value
        elif name == "ce_id":
            cause = value
    if cause is not None:
        passed.append((CAUSE, cause))
    return passed, content_type


def _parse(value: bytes) -> tuple[Any, bool]:
    """Parse JSON, and tell whether orjson rejects or rounds it. Raises ValueError, RecursionError.

    orjson takes a tenth of the time. json accepts more: NaN, lone surrogates, very large numbers; and here also one
    byte order mark.
    """
    try:
        content = orjson.loads(value)
    except orjson.JSONDecodeError:
        return json.loads(value.decode("utf-8-sig")), True
    if isinstance(content, dict):
        for number in content.values():
            if type(number) is float and not -_INTEGER_LIMIT < number < _INTEGER_LIMIT:
                return json.loads(value.decode()), True
    return content, False

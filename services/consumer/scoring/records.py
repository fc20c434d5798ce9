"""Reads request records and writes prediction records."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from petalstream.messages import (
    CONTENT_TYPE,
    SPECVERSION,
    Message,
    ReceivedRecord,
    coordinates,
    model_of,
    predictions_topic,
    size,
)
from petalstream.reasons import Reason
from petalstream.schema import Fault

COPIED_HEADERS = ("traceparent", "expected")
_TYPE, _SOURCE = ("ce_type", b"petalstream.prediction"), ("ce_source", b"/petalstream/consumer")
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
    """A request record, parsed. `headers` are those that its prediction repeats.

    `needs_json` is set if orjson would change its features, which json must then write.
    """

    record: ReceivedRecord
    model: str
    features: Mapping[str, Any]
    headers: Mapping[str, bytes]
    needs_json: bool = False

    @property
    def expected(self) -> str | None:
        """The true label, if the sender knew it."""
        label = self.headers.get("expected")
        return None if label is None else label.decode(errors="replace")


def read_request(record: ReceivedRecord, most_bytes: int) -> Request:
    """Read a record of a `<model>.requests` topic, of at most `most_bytes`. Raises InvalidRecord."""
    if record.value is None:
        if isinstance(record, CorruptRecord):
            raise InvalidRecord(record, Reason.CORRUPT, record.message)
        raise InvalidRecord(record, Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    if (record_bytes := size(record.key, record.value, record.headers)) > most_bytes:
        raise InvalidRecord(record, Reason.TOO_LARGE, f"{record_bytes} bytes, and at most {most_bytes} are scored")
    try:
        features, needs_json = _parse(record.value)
    except (ValueError, RecursionError) as error:
        raise InvalidRecord(record, Reason.UNDECODABLE, f"not JSON in UTF-8: {error}") from error
    if not isinstance(features, dict):
        raise InvalidRecord(record, Reason.NOT_AN_OBJECT, "not a JSON object of named features")
    headers = {name: value for name, value in record.headers if name in COPIED_HEADERS and value is not None}
    return Request(record, model_of(record.topic), features, headers, needs_json)


class Stamp(NamedTuple):
    """What the predictions of a batch have in common: the value of `ce_time`, and the id of the request topic."""

    time: bytes
    topic_id: str = ""


def write_prediction(request: Request, prediction: Mapping[str, Any], stamp: Stamp) -> Message:
    """Return the record of the api's prediction for `request`.

    Its event id is the coordinates of the request and the id of its topic: a prediction that is written twice is a
    visible duplicate, and one of a topic that was created again is none.
    """
    record = request.record
    headers = [
        SPECVERSION,
        ("ce_id", _event_id(record, stamp.topic_id)),
        _TYPE,
        _SOURCE,
        ("ce_time", stamp.time),
        CONTENT_TYPE,
        *request.headers.items(),
        ("source_topic", record.topic.encode()),
        ("source_partition", b"%d" % record.partition),
        ("source_offset", b"%d" % record.offset),
    ]
    result = {"label": prediction["label"], "probabilities": prediction["probabilities"]}
    value = {
        "model": prediction["model"],
        "version": prediction["version"],
        "prediction": result,
        "features": request.features,
        "warnings": prediction["warnings"],
    }
    # A model that is a vote has votes; a model that does not use each feature has unused.
    if "votes" in prediction:
        result["votes"] = prediction["votes"]
    if "unused" in prediction:
        value["unused"] = prediction["unused"]
    return Message(predictions_topic(request.model), record.key, _to_json(value, request.needs_json), headers)


def _event_id(record: ReceivedRecord, topic_id: str) -> bytes:
    return f"{coordinates(record)}/{topic_id}".encode() if topic_id else coordinates(record).encode()


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


def _to_json(value: Mapping[str, Any], needs_json: bool) -> bytes:
    if not needs_json:  # orjson would write null for NaN
        try:
            # A copy: the bytes of orjson occupy a kilobyte of memory, however short they are.
            return b"%b" % orjson.dumps(value)
        except TypeError:  # a lone surrogate in the response
            pass
    return json.dumps(value, allow_nan=False).encode()

"""The records of the consumer: a request that is read, and the prediction that is written for it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from petalstream.messages import (
    CONTENT_TYPE,
    SPECVERSION,
    Message,
    ReceivedRecord,
    model_of,
    place,
    predictions_topic,
    size,
)
from petalstream.reasons import Reason
from petalstream.schema import Fault

PASSED_ON = ("traceparent", "expected")
_TYPE, _SOURCE = ("ce_type", b"petalstream.prediction"), ("ce_source", b"/petalstream/consumer")
# From here on a float may be a whole number of more than 64 bits, of which orjson keeps the first digits only.
_ROUNDED = 2.0**63


class UnreadableRecord(ValueError):
    """A record that is not one JSON object of named features; `fault` says why."""

    def __init__(self, record: ReceivedRecord, reason: Reason, message: str) -> None:
        super().__init__(f"{place(record)}: {message}")
        self.fault = Fault(reason, message)


class Request(NamedTuple):
    """A request record, read: which model should score which features.

    `headers` are those that are passed on; `odd` features must be written by json too, as they were read.
    """

    record: ReceivedRecord
    model: str
    features: Mapping[str, Any]
    headers: Mapping[str, bytes]
    odd: bool = False

    @property
    def expected(self) -> str | None:
        """The true label, where the sender knew it."""
        label = self.headers.get("expected")
        return None if label is None else label.decode(errors="replace")


def read_request(record: ReceivedRecord, most_bytes: int) -> Request:
    """Read a record of a `<model>.requests` topic, of at most `most_bytes`. Raises UnreadableRecord."""
    if record.value is None:
        raise UnreadableRecord(record, Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    if (bytes_found := size(record.key, record.value, record.headers)) > most_bytes:
        raise UnreadableRecord(record, Reason.TOO_LARGE, f"{bytes_found} bytes, and at most {most_bytes} are scored")
    try:
        features, odd = _read(record.value)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecord(record, Reason.UNDECODABLE, f"not JSON in UTF-8: {error}") from error
    if not isinstance(features, dict):
        raise UnreadableRecord(record, Reason.NOT_AN_OBJECT, "not a JSON object of named features")
    headers = {name: value for name, value in record.headers if name in PASSED_ON and value is not None}
    return Request(record, model_of(record.topic), features, headers, odd)


def write_prediction(request: Request, answer: Mapping[str, Any], time: bytes) -> Message:
    """The prediction record for `request`, from one answer of the api; `time` is when it was made, as `ce_time` has it.

    Its event id is the place of the request, so that a prediction written twice can be told as a duplicate.
    """
    record = request.record
    headers = [
        SPECVERSION,
        ("ce_id", place(record).encode()),
        _TYPE,
        _SOURCE,
        ("ce_time", time),
        CONTENT_TYPE,
        *request.headers.items(),
        ("source_topic", record.topic.encode()),
        ("source_partition", b"%d" % record.partition),
        ("source_offset", b"%d" % record.offset),
    ]
    prediction = {"label": answer["label"], "probabilities": answer["probabilities"]}
    value = {
        "model": answer["model"],
        "version": answer["version"],
        "prediction": prediction,
        "features": request.features,
        "warnings": answer["warnings"],
    }
    # Some models alone have them: votes where the model is a vote, unused where it does without a feature.
    if "votes" in answer:
        prediction["votes"] = answer["votes"]
    if "unused" in answer:
        value["unused"] = answer["unused"]
    return Message(predictions_topic(request.model), record.key, _written(value, request.odd), headers)


def _read(value: bytes) -> tuple[Any, bool]:
    """What a value in JSON holds, and whether orjson refuses or rounds it. Raises ValueError, RecursionError.

    orjson takes a tenth of the time; json has the last word, on NaN, lone surrogates and very large numbers.
    """
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return json.loads(value.decode()), True
    if isinstance(found, dict):
        for number in found.values():
            if type(number) is float and not -_ROUNDED < number < _ROUNDED:
                return json.loads(value.decode()), True
    return found, False


def _written(value: Mapping[str, Any], odd: bool) -> bytes:
    if not odd:  # orjson would write null for NaN
        try:
            # A copy, since orjson's own lies in a kilobyte of memory, however short it is.
            return b"%b" % orjson.dumps(value)
        except TypeError:  # a lone surrogate in the answer
            pass
    return json.dumps(value, allow_nan=False).encode()

"""What travels on Kafka, as pure functions: CloudEvents 1.0 in binary mode. docs/messages.md shows each record."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from petalstream.reasons import Reason
from petalstream.schema import Fault

# As long as the longest of its topics' names may be: Kafka allows 249 characters.
MODEL_NAME = re.compile(r"[a-z][a-z0-9_]{0,235}")
REQUEST_TOPICS = re.compile(rf"^{MODEL_NAME.pattern}\.requests$")
Headers = list[tuple[str, bytes]]


class ReceivedRecord(Protocol):
    """A record as a Kafka client hands it over; `timestamp` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class UnreadableRecord(ValueError):
    """A record that is not one JSON object of named features; `fault` says why."""

    def __init__(self, record: ReceivedRecord, reason: Reason, message: str) -> None:
        super().__init__(f"{place(record)}: {message}")
        self.fault = Fault(reason, message)


@dataclass(frozen=True)
class Message:
    """A record to send: everything but the partition, which the key decides."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return size(self.key, self.value, self.headers)


@dataclass(frozen=True)
class Request:
    """A request record, read: which model should score which features, and what is known of it."""

    record: ReceivedRecord
    model: str
    features: Mapping[str, Any]
    headers: Mapping[str, bytes]

    @property
    def expected(self) -> str | None:
        """The true label, where the sender knew it."""
        label = self.headers.get("expected")
        return None if label is None else label.decode(errors="replace")


def requests_topic(model: str) -> str:
    """Where the records to be scored by `model` wait."""
    return f"{model}.requests"


def predictions_topic(model: str) -> str:
    """Where the predictions of `model` go."""
    return f"{model}.predictions"


def dead_letters_topic(model: str) -> str:
    """Where the records go that `model` could not score."""
    return f"{model}.dead-letters"


def size(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> int:
    """Bytes of a record's key, value and headers, names included."""
    return len(key or b"") + len(value or b"") + sum(len(name.encode()) + len(held or b"") for name, held in headers)


def model_of(topic: str) -> str:
    """The model whose requests wait in `topic`."""
    return topic.removesuffix(".requests")


def place(record: ReceivedRecord) -> str:
    """The record's coordinates, as logs and errors name it: topic[partition]@offset."""
    return f"{record.topic}[{record.partition}]@{record.offset}"


def write_request(
    model: str, sample_id: str, features: Mapping[str, Any], expected: str | None, event_id: str, time: datetime
) -> Message:
    """The request record of one sample; `time` is when it was made, `event_id` unique among the producer's events."""
    headers = _cloud_event(event_id, "petalstream.request", "/petalstream/producer", time)
    if expected is not None:
        headers.append(("expected", expected.encode()))
    return Message(requests_topic(model), sample_id.encode(), _json(features), headers)


def read_request(record: ReceivedRecord, most_bytes: int) -> Request:
    """Read a record of a `<model>.requests` topic, of at most `most_bytes`. Raises UnreadableRecord."""
    if record.value is None:
        raise UnreadableRecord(record, Reason.TOMBSTONE, "a tombstone (null value) where a JSON object was expected")
    if (bytes_found := size(record.key, record.value, record.headers)) > most_bytes:
        raise UnreadableRecord(record, Reason.TOO_LARGE, f"{bytes_found} bytes, and at most {most_bytes} are scored")
    try:
        features = json.loads(record.value.decode())
    except (ValueError, RecursionError) as error:
        raise UnreadableRecord(record, Reason.UNDECODABLE, f"not JSON in UTF-8: {error}") from error
    if not isinstance(features, dict):
        raise UnreadableRecord(record, Reason.NOT_AN_OBJECT, "not a JSON object of named features")
    headers = {name: value for name, value in record.headers if value is not None}
    return Request(record, model_of(record.topic), features, headers)


def write_prediction(request: Request, answer: Mapping[str, Any], time: datetime) -> Message:
    """The prediction record for `request`, from one answer of the api; `time` is when it was made.

    Its event id is the place of the request, so that a prediction written twice can be told as a duplicate.
    """
    record = request.record
    headers = _cloud_event(place(record), "petalstream.prediction", "/petalstream/consumer", time)
    headers += [(name, request.headers[name]) for name in ("traceparent", "expected") if name in request.headers]
    headers += [
        ("source_topic", record.topic.encode()),
        ("source_partition", str(record.partition).encode()),
        ("source_offset", str(record.offset).encode()),
    ]
    # Some models alone have them: votes where the model is a vote, unused where it does without a feature.
    votes, unused = ({name: answer[name]} if name in answer else {} for name in ("votes", "unused"))
    value = {
        "model": answer["model"],
        "version": answer["version"],
        "prediction": {"label": answer["label"], "probabilities": answer["probabilities"], **votes},
        "features": request.features,
        "warnings": answer["warnings"],
        **unused,
    }
    return Message(predictions_topic(request.model), record.key, _json(value), headers)


def _cloud_event(event_id: str, event_type: str, source: str, time: datetime) -> Headers:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()),
        ("content-type", b"application/json"),
    ]


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False).encode()

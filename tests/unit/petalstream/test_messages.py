"""What travels on Kafka: the golden records of docs/messages.md, and what cannot be read."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from petalstream import messages
from petalstream.dead_letters import DeadLetter, write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Reason
from services.consumer.scoring import records
from services.consumer.scoring.predictions import Stamp, write_prediction
from services.consumer.scoring.records import InvalidRecord, Request
from tests.records import Record, as_received

MOST_BYTES = 10_000
TOPIC_ID = "yzQ7ovSbSzKRuYjPq7wX6Q"
TIME = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
DOCUMENT = Path(__file__).parents[3] / "docs" / "messages.md"


STRUCTURED, NUMBER = "A request as a structured CloudEvent", "A predicted number"


def golden(name: str) -> dict[str, Any]:
    """The record that docs/messages.md shows under a heading, or under that of the topic `<model>.<name>`."""
    heading = f"### {name}" if name in (STRUCTURED, NUMBER) else f"## `<model>.{name}`"
    section = DOCUMENT.read_text().split(f"{heading}\n")[1]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block, f"docs/messages.md shows no record under {heading}"
    record: dict[str, Any] = json.loads(block[1])
    return record


def as_golden(message: Message) -> dict[str, Any]:
    return {
        "topic": message.topic,
        "key": message.key.decode() if message.key else None,
        "headers": {name: value.decode() for name, value in message.headers},
        "value": json.loads(message.value or b""),
    }


def received(record: dict[str, Any]) -> Record:
    headers = [(name, value.encode()) for name, value in record["headers"].items()]
    return Record(record["topic"], 3, 41, 1_000, record["key"].encode(), json.dumps(record["value"]).encode(), headers)


def read(record: Record) -> Request:
    return records.read_request(record, MOST_BYTES)


def test_a_request_is_written_as_documented() -> None:
    shown = golden("requests")
    del shown["headers"]["traceparent"]
    message = messages.write_request("iris", "63", shown["value"], "versicolor", shown["headers"]["ce_id"], TIME)
    assert as_golden(message) == shown


def test_a_documented_request_is_read() -> None:
    request = read(received(golden("requests")))
    assert request.model == "iris"
    assert request.expected == "versicolor"
    assert request.features == golden("requests")["value"]


@pytest.mark.parametrize("name", ["requests", STRUCTURED])
def test_a_prediction_is_written_as_documented(name: str) -> None:
    shown = golden("predictions")
    value = shown["value"]
    answer = {**value["prediction"], "model": value["model"], "version": value["version"], "warnings": []}
    request = read(received(golden(name)))
    assert as_golden(write_prediction(request, answer, Stamp(messages.event_time(TIME), TOPIC_ID))) == shown


def test_a_predicted_number_is_written_as_documented() -> None:
    shown = golden(NUMBER)
    value = shown["value"]
    own = [("expected", shown["headers"]["expected"].encode())]
    features = json.dumps(value["features"]).encode()
    request = read(Record("penguins.requests", 3, 41, 1_000, shown["key"].encode(), features, own))
    predicted = value["prediction"]
    answer = {"prediction": predicted["value"], "unit": predicted["unit"], "interval": predicted["interval"]}
    answer |= {name: value[name] for name in ("model", "version", "warnings")}
    assert as_golden(write_prediction(request, answer, Stamp(messages.event_time(TIME), TOPIC_ID))) == shown


def test_a_dead_letter_is_written_and_read_as_documented() -> None:
    shown = golden("dead-letters")
    own = [(name, shown["headers"][name].encode()) for name in ("expected", "traceparent")]
    request = Record("iris.requests", 3, 41, 1_000, shown["key"].encode(), shown["value"].encode(), own)
    with pytest.raises(InvalidRecord) as unreadable:
        read(request)
    message = write_dead_letter(request, unreadable.value.fault, attempts=0)
    assert message.value == request.value
    # Its value is bytes that are no JSON, which the page shows as text.
    headers = {name: value.decode() for name, value in message.headers}
    assert (message.topic, message.key, list(headers.items())) == (
        shown["topic"],
        request.key,
        list(shown["headers"].items()),
    )
    letter = DeadLetter.read(as_received(message))
    assert (letter.topic, letter.partition, letter.offset) == (request.topic, request.partition, request.offset)
    assert letter.headers == own


def test_a_prediction_written_twice_has_the_same_event_id() -> None:
    request = read(Record(value=b"{}", partition=2, offset=9))
    answer = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {}, "warnings": []}
    times = (b"2026-01-02T03:04:05.678Z", b"2026-01-02T03:04:06.789Z")
    stamps = [Stamp(time, TOPIC_ID) for time in times]
    first, second = (dict(write_prediction(request, answer, stamp).headers) for stamp in stamps)
    assert first["ce_id"] == second["ce_id"] == f"iris.requests[2]@9/{TOPIC_ID}".encode()


@pytest.mark.parametrize(
    ("topic_id", "event_id"), [("another", b"iris.requests[2]@9/another"), ("", b"iris.requests[2]@9")]
)
def test_a_prediction_of_a_topic_that_was_created_again_has_another_event_id(topic_id: str, event_id: bytes) -> None:
    request = read(Record(value=b"{}", partition=2, offset=9))
    answer = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {}, "warnings": []}
    message = write_prediction(request, answer, Stamp(b"2026-01-02T03:04:05.678Z", topic_id))
    assert dict(message.headers)["ce_id"] == event_id


def test_a_request_without_a_known_label_has_no_expected_header() -> None:
    message = messages.write_request("iris", "1", {}, None, "id", TIME)
    assert "expected" not in dict(message.headers)
    assert read(Record(value=b"{}")).expected is None


def test_a_null_header_does_not_harm_a_request() -> None:
    assert read(Record(headers=[("expected", None)])).expected is None


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (None, Reason.TOMBSTONE, "a tombstone"),
        (b"\xff", Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b"", Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b"{", Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b"{}{}", Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b"[" * 9_000, Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b'{"a":' + b"1" * 5_000 + b"}", Reason.UNDECODABLE, "not JSON in UTF-8"),
        (b"[1]", Reason.NOT_AN_OBJECT, "not a JSON object"),
        (b"null", Reason.NOT_AN_OBJECT, "not a JSON object"),
    ],
)
def test_a_record_that_is_no_object_is_named_with_its_place_and_the_reason(
    value: bytes | None, reason: Reason, message: str
) -> None:
    with pytest.raises(InvalidRecord, match=re.escape(f"iris.requests[4]@17: {message}")) as unreadable:
        read(Record(value=value, partition=4, offset=17))
    assert unreadable.value.fault.reason == reason
    assert unreadable.value.fault.message.startswith(message)


def test_a_record_is_measured_with_its_key_and_its_headers_and_may_just_reach_the_limit() -> None:
    record = Record(key=b"four", value=b"{}", headers=[("naïve", b"1234"), ("none", None)])
    found = len(b"four") + len(b"{}") + len("naïve".encode()) + len(b"1234") + len(b"none")
    assert records.read_request(record, found).features == {}
    with pytest.raises(InvalidRecord) as unreadable:
        records.read_request(record, found - 1)
    assert unreadable.value.fault.reason == Reason.TOO_LARGE
    assert unreadable.value.fault.message == f"{found} bytes, and at most {found - 1} are scored"


def test_a_record_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(InvalidRecord) as unreadable:
        read(Record(value=b"{" * (MOST_BYTES + 1)))
    assert unreadable.value.fault.reason == Reason.TOO_LARGE


def test_a_tombstone_is_one_however_large_its_key() -> None:
    with pytest.raises(InvalidRecord) as unreadable:
        read(Record(key=b"k" * (MOST_BYTES + 1), value=None))
    assert unreadable.value.fault.reason == Reason.TOMBSTONE


def test_only_request_topics_of_model_names_are_subscribed_to() -> None:
    assert messages.REQUEST_TOPICS.match("heart_failure.requests")
    for topic in ("iris.predictions", "Iris.requests", "a.b.requests", "iris.requests.old"):
        assert not messages.REQUEST_TOPICS.match(topic)

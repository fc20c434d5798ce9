"""What travels on Kafka: the golden records of docs/messages.md, and what cannot be read."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from petalstream import messages
from petalstream.messages import Message, UnreadableRecord
from tests.records import Record

TIME = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "messages.md"


def golden(name: str) -> dict[str, Any]:
    """The record that docs/messages.md shows under the heading of the topic `<model>.<name>`."""
    section = DOCUMENT.read_text().split(f"## `<model>.{name}`")[1]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block, f"docs/messages.md shows no record of <model>.{name}"
    record: dict[str, Any] = json.loads(block[1])
    return record


def as_golden(message: Message) -> dict[str, Any]:
    return {
        "topic": message.topic,
        "key": message.key.decode() if message.key else None,
        "headers": {name: value.decode() for name, value in message.headers},
        "value": json.loads(message.value),
    }


def received(record: dict[str, Any]) -> Record:
    headers = [(name, value.encode()) for name, value in record["headers"].items()]
    return Record(record["topic"], 3, 41, 1_000, record["key"].encode(), json.dumps(record["value"]).encode(), headers)


def test_a_request_is_written_as_documented() -> None:
    shown = golden("requests")
    del shown["headers"]["traceparent"]
    message = messages.write_request("iris", "63", shown["value"], "versicolor", shown["headers"]["ce_id"], TIME)
    assert as_golden(message) == shown


def test_a_documented_request_is_read() -> None:
    request = messages.read_request(received(golden("requests")))
    assert request.model == "iris"
    assert request.expected == "versicolor"
    assert request.features == golden("requests")["value"]


def test_a_prediction_is_written_as_documented() -> None:
    shown = golden("predictions")
    value = shown["value"]
    answer = {**value["prediction"], "model": value["model"], "version": value["version"], "warnings": []}
    request = messages.read_request(received(golden("requests")))
    assert as_golden(messages.write_prediction(request, answer, TIME)) == shown


def test_a_prediction_written_twice_has_the_same_event_id() -> None:
    request = messages.read_request(Record(value=b"{}", partition=2, offset=9))
    answer = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {}, "warnings": []}
    first, second = (dict(messages.write_prediction(request, answer, datetime.now(UTC)).headers) for _ in range(2))
    assert first["ce_id"] == second["ce_id"] == b"iris.requests[2]@9"


def test_a_request_without_a_known_label_has_no_expected_header() -> None:
    message = messages.write_request("iris", "1", {}, None, "id", TIME)
    assert "expected" not in dict(message.headers)
    assert messages.read_request(Record(value=b"{}")).expected is None


def test_a_null_header_does_not_harm_a_request() -> None:
    assert messages.read_request(Record(headers=[("expected", None)])).expected is None


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "a tombstone"),
        (b"\xff", "not JSON in UTF-8"),
        (b"{", "not JSON in UTF-8"),
        (b"[" * 100_000, "not JSON in UTF-8"),
        (b"[1]", "not a JSON object"),
    ],
)
def test_a_record_that_is_no_object_is_named_with_its_place(value: bytes | None, fault: str) -> None:
    with pytest.raises(UnreadableRecord, match=re.escape(f"iris.requests[4]@17: {fault}")):
        messages.read_request(Record(value=value, partition=4, offset=17))


def test_only_request_topics_of_model_names_are_subscribed_to() -> None:
    assert messages.REQUEST_TOPICS.match("heart_failure.requests")
    for topic in ("iris.predictions", "Iris.requests", "a.b.requests", "iris.requests.old"):
        assert not messages.REQUEST_TOPICS.match(topic)

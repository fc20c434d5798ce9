"""A record that is a structured CloudEvent is scored as the binary one with the same data and attributes."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from petalstream.reasons import Reason
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import InvalidRecord, Request, read_request
from tests.records import FLOWER, Record, flower

EVENT: dict[str, Any] = {"specversion": "1.0", "id": "7", "source": "/laboratory", "type": "sample", "data": FLOWER}
STRUCTURED = ("content-type", b"application/cloudevents+json")
RESULT = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}


def structured(*headers: tuple[str, bytes | None], **changes: object) -> Record:
    return Record(value=json.dumps(EVENT | changes).encode(), headers=[STRUCTURED, *headers])


def read(record: Record) -> Request:
    return read_request(record, 10_000)


def fault(record: Record) -> tuple[Reason, str]:
    with pytest.raises(InvalidRecord) as invalid:
        read(record)
    return invalid.value.fault.reason, invalid.value.fault.message


@pytest.mark.parametrize(
    "content_type", [b"application/cloudevents+json", b"Application/CloudEvents+JSON ; charset=UTF-8"]
)
def test_the_content_type_tells_an_event_in_any_case_and_with_any_parameter(content_type: bytes) -> None:
    request = read(Record(value=json.dumps(EVENT).encode(), headers=[("content-type", content_type)]))
    assert (request.features, json.loads(request.row)) == (FLOWER, FLOWER)


def test_without_that_content_type_an_event_is_an_object_as_any_other() -> None:
    record = Record(value=json.dumps(EVENT).encode(), headers=[("ce_type", b"sample")])
    assert read(record).features == EVENT


def test_attributes_are_headers_but_for_those_that_a_prediction_replaces() -> None:
    tracing = {"traceparent": "00-a", "tracestate": "x=1", "expected": "setosa"}
    request = read(structured(**tracing, subject="bed 3", tenant=5, urgent=True, nothing=None, dataschema="/row"))
    assert dict(request.headers) == {
        "traceparent": b"00-a",
        "tracestate": b"x=1",
        "expected": b"setosa",
        "ce_subject": b"bed 3",
        "ce_tenant": b"5",
        "ce_urgent": b"true",
        "ce_causationid": b"7",
    }
    assert request.expected == "setosa"


def test_headers_of_the_record_count_before_plain_attributes_and_not_beside_others() -> None:
    own = [("traceparent", b"00-b"), ("ce_id", b"8"), ("ce_tenant", b"6"), ("ward", b"3"), ("expected", None)]
    request = read(structured(*own, traceparent="00-a", expected="setosa"))
    assert request.headers == [
        ("traceparent", b"00-b"),
        ("ward", b"3"),
        ("expected", b"setosa"),
        ("ce_causationid", b"7"),
    ]


def test_a_header_that_no_client_could_write_is_written_with_question_marks() -> None:
    request = read(Record(value=b'{"specversion":"1.0","\\ud800":"\\udfff","data":{}}', headers=[STRUCTURED]))
    assert request.headers == [("ce_?", b"?")]


@pytest.mark.parametrize(
    "number", ["0.1", "1e-7", "123456789012345678901234567890", "1e999", "NaN", "-0.0", '"\\ud800"']
)
def test_the_api_gets_values_as_they_were_written(number: str) -> None:
    row = json.dumps(FLOWER).replace("5.1", number)
    whole = f'{{"specversion":"1.0","data":{row}}}'
    request = read(Record(value=whole.encode(), headers=[STRUCTURED]))
    plain = read(Record(value=row.encode()))
    assert repr(json.loads(request.row)) == repr(json.loads(row)) == repr(request.features)
    assert (repr(request.features), request.needs_json) == (repr(plain.features), plain.needs_json)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (structured(specversion="0.3"), "specversion must be '1.0', not the text '0.3'"),
        (structured(data=None), "data must be a JSON object of named features, not null"),
        (Record(value=b"[]", headers=[STRUCTURED]), "a CloudEvent must be a JSON object, not a list"),
        (
            Record(headers=[("content-type", b"application/cloudevents+avro")]),
            "content-type application/cloudevents+avro cannot be read; on Kafka an event is ",
        ),
        (
            Record(value=b"[]", headers=[("content-type", b"application/cloudevents-batch+json; charset=UTF-8")]),
            "content-type application/cloudevents-batch+json cannot be read; on Kafka an event is ",
        ),
    ],
)
def test_an_event_that_cannot_be_scored_is_named_by_its_attribute_or_its_mode(record: Record, message: str) -> None:
    reason, said = fault(record)
    assert reason == Reason.INVALID_EVENT
    assert said.startswith(message)


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b'{"a":' * 9_000])
def test_a_value_that_is_no_json_is_undecodable(value: bytes) -> None:
    record = Record(value=value, headers=[STRUCTURED])
    with pytest.raises(InvalidRecord) as invalid:
        read_request(record, 100_000)
    assert invalid.value.fault.reason == Reason.UNDECODABLE


def test_events_and_plain_records_are_scored_in_one_request_and_an_invalid_one_is_a_dead_letter_as_it_came() -> None:
    asked: list[Sequence[bytes]] = []

    def score(rows: Sequence[bytes]) -> list[dict[str, Any]]:
        asked.append(rows)
        return [RESULT] * len(rows)

    invalid = structured(data=[1])
    records = [structured(), invalid, Record(value=flower())]
    outcomes: list[Outcome] = BatchScorer(score, 10_000).score_front(records, lambda _: None).outcomes
    assert [[json.loads(row) for row in rows] for rows in asked] == [[FLOWER, FLOWER]]
    assert [outcome.message.topic for outcome in outcomes] == [
        "iris.predictions",
        "iris.dead-letters",
        "iris.predictions",
    ]
    assert outcomes[1].message.value == invalid.value
    assert outcomes[1].message.headers[0] == STRUCTURED

"""A prediction carries the headers of its request that it does not set itself, and no header of its own twice."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Message, coordinates, size
from petalstream.reasons import Fault, Reason
from services.consumer.scoring.outcomes import ADDED_HEADER_BYTES
from services.consumer.scoring.predictions import Stamp, write_prediction
from services.consumer.scoring.records import read_request
from tests.records import Record

TIME = b"2026-01-02T03:04:05.678Z"
RESULT = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}
OWN = (
    *("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type"),
    *("source_topic", "source_partition", "source_offset", "source_timestamp"),
)
REQUEST_ONLY = ("ce_dataschema", "ce_datacontenttype", "ce_causationid")

names = st.sampled_from([*OWN, *REQUEST_ONLY, "expected", "tracestate", "ce_tenant", "ward"]) | st.text()
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=9)), max_size=8)


def predicted(record: Record) -> Message:
    return write_prediction(read_request(record, 1_000_000), RESULT, Stamp(TIME))


def test_custom_headers_tracing_and_extensions_are_passed_on_in_their_order_with_repeated_ones() -> None:
    own = [("tracestate", b"a=1"), ("ward", b"3"), ("ce_tenant", b"t"), ("baggage", b"k=v"), ("ward", b"4")]
    assert predicted(Record(headers=own)).headers[6:11] == own


def test_the_requests_own_id_is_the_predictions_cause() -> None:
    record = Record(headers=[("ce_id", b"the sender's"), ("ce_causationid", b"what caused the request")])
    found = predicted(record).headers
    assert dict(found)["ce_id"] == coordinates(record).encode()
    assert [value for name, value in found if name == "ce_causationid"] == [b"the sender's"]


def test_without_an_id_a_request_is_not_said_to_be_the_cause() -> None:
    found = predicted(Record(headers=[("ce_id", None), ("ce_causationid", b"another event")])).headers
    assert "ce_causationid" not in dict(found)


@given(headers)
def test_of_any_headers_those_that_it_does_not_set_are_passed_on_and_it_sets_each_of_its_own_once(
    given_headers: list[tuple[str, bytes | None]],
) -> None:
    record = Record(headers=given_headers, topic="i" * 236 + ".requests", partition=10**9, offset=10**18)
    message = predicted(record)
    counted = Counter(name for name, _ in message.headers)
    assert {name: counted[name] for name in OWN} == dict.fromkeys(OWN, 1)
    passed = [(name, value) for name, value in message.headers if name not in (*OWN, "ce_causationid")]
    assert passed == [
        (name, value) for name, value in given_headers if value is not None and name not in (*OWN, *REQUEST_ONLY)
    ]
    added = message.size - len(message.value or b"") - len(record.key or b"")
    assert added <= size(None, None, given_headers) + ADDED_HEADER_BYTES


@pytest.mark.parametrize(("key", "partition"), [(None, 5), (b"", None), (b"1", None)])
def test_an_outcome_without_a_key_goes_to_the_partition_of_its_request(
    key: bytes | None, partition: int | None
) -> None:
    record, fault = Record(key=key, partition=5), Fault(Reason.REJECTED, "why")
    for message in (predicted(record), write_dead_letter(record, fault, 1)):
        assert (message.key, message.partition) == (key, partition)
    assert write_dead_letter(record, fault, 1, bare=True).partition == 5

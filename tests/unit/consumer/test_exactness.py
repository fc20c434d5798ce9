"""A request is read, and its features are written again, exactly as the standard library would."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petalstream.reasons import Reason
from services.consumer.scoring.predictions import Stamp, write_prediction
from services.consumer.scoring.records import InvalidRecord, read_request
from tests.records import Record
from tests.unit.consumer.test_batch_scorer_anything import odd_numbers, payloads

ANSWER = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}
integers = st.integers(-(2**70), 2**70).map(str) | st.sampled_from([str(2**63), str(2**64), str(-(2**63) - 1)])
floats = st.floats().map(repr) | st.sampled_from(["1.7976931348623159e308", "9223372036854775808.0", "-0", "1E5"])
texts = st.text().map(json.dumps) | st.sampled_from(['"\\ud800"', '"\\u0000"', '"\x7f"', "true", "null"])
members = st.tuples(texts.filter(lambda text: text[0] == '"'), integers | floats | texts | st.sampled_from(odd_numbers))
objects = st.lists(members, max_size=4).map(lambda each: "{" + ",".join(f"{n}:{v}" for n, v in each) + "}")
values = objects.map(lambda text: text.encode(errors="surrogatepass")) | payloads.filter(
    lambda value: value is not None
)


def features_of(value: bytes | None) -> Any:
    """What json reads after a byte order mark, None where it is no object."""
    try:
        features = json.loads((value or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return features if isinstance(features, dict) else None


def told(features: object) -> str:
    """Features as text, which tells 1 from 1.0 and -0.0 from 0.0, and NaN like itself."""
    return repr(features)


@example(b'{"a": 99999999999999999999}')
@example(b'{"a": 1e999, "b": "\\ud800", "a": 1}')
@example(b'{"a": ' + b"9" * 4_301 + b"}")
@example(b'{"a": 1, "b": 2, "a": 3}')
@example(b'\xef\xbb\xbf{"a": 1.0}')
@example(b"\xef\xbb\xbf\xef\xbb\xbf{}")
@settings(max_examples=500)
@given(values)
def test_what_is_read_is_what_json_reads(value: bytes | None) -> None:
    record, features = Record(value=value), features_of(value)
    if features is None:
        with pytest.raises(InvalidRecord) as unreadable:
            read_request(record, 100_000)
        assert unreadable.value.fault.reason in (Reason.UNDECODABLE, Reason.NOT_AN_OBJECT)
    else:
        assert told(read_request(record, 100_000).features) == told(features)


@pytest.mark.parametrize(
    "written",
    [
        "99999999999999999999",
        "18446744073709551615",
        "-9223372036854775809",
        "-0",
        "-0.0",
        "1e300",
        "0.1",
        "5e-324",
        '"\\ud800"',
        '"\\u00e9 ✓"',
    ],
)
def test_what_a_prediction_repeats_of_its_request_is_exact(written: str) -> None:
    request = read_request(Record(value=f'{{"a": NaN, "n": 1, "a": {written}}}'.encode()), 1_000)
    plain = read_request(Record(value=f'{{"a": {written}, "n": 1}}'.encode()), 1_000)
    for each in (request, plain):
        message = write_prediction(each, ANSWER, Stamp(b"2026-01-02T03:04:05.678Z"))
        assert told(json.loads(message.value or b"")["features"]) == told({"a": json.loads(written), "n": 1})


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_never_written_as_null(written: str) -> None:
    request = read_request(Record(value=f'{{"a": {written}}}'.encode()), 1_000)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_prediction(request, ANSWER, Stamp(b"2026-01-02T03:04:05.678Z"))


def test_a_lone_surrogate_in_an_answer_is_written_all_the_same() -> None:
    request = read_request(Record(value=b'{"a": 1}'), 1_000)
    message = write_prediction(request, ANSWER | {"warnings": ["\ud800"]}, Stamp(b"2026-01-02T03:04:05.678Z"))
    assert json.loads(message.value or b"")["warnings"] == ["\ud800"]

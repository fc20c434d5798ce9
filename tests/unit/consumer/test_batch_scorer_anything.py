"""Any records have one outcome each that can be written, with the real api and the real Iris model."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message, ReceivedRecord, model_of
from petalstream.reasons import Fault, Reason
from services.consumer.api_client import responses
from services.consumer.api_client.client import PREDICT
from services.consumer.api_client.errors import BatchRejected, UnknownModel
from services.consumer.api_client.responses import RowResult
from services.consumer.output import log_lines
from services.consumer.scoring.batch_scorer import BatchScorer
from services.consumer.scoring.outcomes import Outcome
from tests.records import FLOWER, Record, as_received, flower

IRIS = ("setosa", "versicolor", "virginica")
RECORD_BYTES = 4_000

odd_numbers = ["NaN", "Infinity", "-Infinity", "1e999", "1e-999", "-0.0", "3.5e38", "-1", "9" * 30, "9" * 400]
odd_values = ["null", "true", '"5.1"', '"\\ud800"', "[5.1]", "{}", "[" * 450 + "]" * 450, "[" * 990 + "]" * 990]
odd_names = ["", "é", "a\\nb", "\\ud800", "\\u0000", "\\u001b[2J", "colour", "x" * 60, "sepal_length "]
numbers = st.floats(0, 10).map(repr)
values = numbers | st.sampled_from(odd_numbers) | st.sampled_from(odd_values)
members = st.tuples(st.sampled_from([*FLOWER, *odd_names]), values)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(list(FLOWER)), inner),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A flower as JSON, of which some members may be gone, there twice, odd, or not a flower's."""
    mine = [(name, str(value)) for name, value in FLOWER.items()]
    kept = [member for member in mine if draw(st.integers(0, 19))]
    both = draw(st.permutations(kept + draw(st.lists(members, max_size=2))))
    return ("{" + ",".join(f'"{name}": {value}' for name, value in both) + "}").encode()


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A mutated flower with some bytes in the midst of it."""
    value = draw(mutated())
    place = draw(st.integers(0, len(value)))
    between = draw(st.binary(max_size=3) | st.sampled_from([b"]", b"},{", b",", b"\xff", b"\xed\xa0\x80", b"\n"]))
    return value[:place] + between + value[place + draw(st.integers(0, 2)) :]


odd_payloads = (
    st.none()
    | st.binary(max_size=20)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(
        [b"", b"[]", b"null", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf" + flower(), flower() * 2, b" " + flower() + b"\n"]
    )
    | st.sampled_from([b"[" * 3_000, b'{"a":' * 500 + b"1" + b"}" * 500, b" " * 5_000])
)
# Most are nearly a flower: what is far from one is found out early.
payloads = st.integers(0, 4).flatmap(lambda choice: [odd_payloads, broken(), mutated(), mutated(), mutated()][choice])
header_names = st.sampled_from(["expected", "traceparent", "ce_id", "dead_letter_reason", "replay_count"]) | st.text()
STRUCTURED = ("content-type", b"application/cloudevents+json")
versions = st.sampled_from(['"1.0"', '"1.0"', '"1.0"', '"0.3"', "null"])


def as_event(record: Record, version: str) -> Record:
    """The record as a structured CloudEvent, with its value as the data."""
    value = b'{"ward":"\\ud800","data":%b,"specversion":%b}' % (record.value or b"", version.encode())
    return dataclasses.replace(record, value=value, headers=[*record.headers, STRUCTURED])


plain = st.builds(
    Record,
    topic=st.sampled_from(["iris.requests", "iris.requests", "rose.requests"]),
    partition=st.integers(0, 5),
    timestamp=st.sampled_from([-1, 0, 1_767_323_045_678]),
    key=st.none() | st.binary(max_size=5),
    value=payloads,
    headers=st.lists(st.tuples(header_names, st.none() | st.binary(max_size=9)), max_size=4),
)
records = plain | plain | st.builds(as_event, plain, versions)


def any_records(test: Callable[..., None]) -> Callable[..., None]:
    """Has a test called with many lists of records, however long it takes on a machine that has much to do."""
    return settings(max_examples=250, deadline=None)(given(st.lists(records, max_size=12))(test))


def scorer(client: FlaskClient, model: str) -> BatchScorer:
    """Return a scorer that asks the api as the consumer does."""

    def score(rows: Sequence[bytes]) -> list[RowResult]:
        body = b"[" + b",".join([row.removeprefix(b"\xef\xbb\xbf") for row in rows]) + b"]"
        response = client.post(f"/models/{model}/{PREDICT}", data=body, content_type="application/json")
        if response.status_code == 404:
            raise UnknownModel(response.text)
        if response.status_code in (400, 413, 422):
            raise BatchRejected(response.text[:300], json.loads(response.data)["errors"])
        assert response.status_code == 200
        return responses.row_results(responses.parse(response.data), len(rows))

    return BatchScorer(score, RECORD_BYTES)


def outcomes_of(client: FlaskClient, model_records: Sequence[ReceivedRecord]) -> list[Outcome]:
    """Score records of one model; those of an unknown model become dead letters."""
    if not model_records:
        return []
    own = scorer(client, model_of(model_records[0].topic))
    outcomes, error = own.score_front(model_records, lambda seconds: pytest.fail("the api failed"))
    if error:
        assert isinstance(error, UnknownModel)
        outcomes += own.give_up(model_records[len(outcomes) :], error, 1)
    return outcomes


def scored(client: FlaskClient, given_records: Sequence[Record]) -> list[Outcome]:
    """Return the outcomes by model, after checking that there is one for each record, in order."""
    for offset, record in enumerate(given_records):
        record.offset = offset
    by_topic = [
        [record for record in given_records if record.topic == topic] for topic in ("iris.requests", "rose.requests")
    ]
    outcomes = [outcomes_of(client, each) for each in by_topic]
    assert [[outcome.record for outcome in each] for each in outcomes] == by_topic
    return outcomes[0] + outcomes[1]


def check_writable(message: Message) -> None:
    """What Kafka's client takes, and brings back as it was."""
    assert message.key is None or isinstance(message.key, bytes)
    assert message.value is None or isinstance(message.value, bytes)
    assert (message.key, message.value) != (None, None)
    assert isinstance(message.headers, list)
    for name, value in message.headers:
        assert name.encode().decode() == name
        assert isinstance(value, bytes)


def check_prediction(outcome: Outcome, answer: Any) -> None:
    """The prediction is of the record's own features, and is JSON that any reader takes."""
    assert outcome.message.topic == "iris.predictions"
    assert outcome.message.key == outcome.record.key
    headers = dict(outcome.message.headers)
    assert headers["source_partition"] == str(outcome.record.partition).encode()
    assert headers["source_offset"] == str(outcome.record.offset).encode()
    value = json.loads(outcome.message.value or b"", parse_constant=pytest.fail)
    assert set(value["features"]) == set(FLOWER)
    sent = json.loads((outcome.record.value or b"").decode("utf-8-sig"))
    assert value["features"] == (sent["data"] if STRUCTURED in outcome.record.headers else sent)
    assert value["prediction"]["label"] == answer["label"]
    assert answer["label"] in IRIS
    assert sum(value["prediction"]["probabilities"].values()) == pytest.approx(1)


def check_dead_letter(outcome: Outcome, fault: Fault) -> None:
    """It tells where the record was and why it died, and leads back to what was sent."""
    record = outcome.record
    assert outcome.message.topic == record.topic.replace(".requests", ".dead-letters")
    letter = DeadLetter.read(as_received(outcome.message))
    assert (letter.topic, letter.partition, letter.offset) == (record.topic, record.partition, record.offset)
    assert (letter.timestamp, Reason(letter.reason)) == (record.timestamp, fault.reason)
    assert letter.headers == [(name, value or b"") for name, value in record.headers]
    assert letter.replayable == ((record.key, record.value) != (None, None))
    if letter.replayable:
        assert (letter.replay().key, letter.replay().value) == (record.key, record.value)


@any_records
def test_any_records_give_one_writable_outcome_each_in_order(client: FlaskClient, given_records: list[Record]) -> None:
    for outcome in scored(client, given_records):
        check_writable(outcome.message)
        if isinstance(outcome.verdict, Fault):
            check_dead_letter(outcome, outcome.verdict)
        else:
            check_prediction(outcome, outcome.verdict[1])


@any_records
def test_what_becomes_of_a_record_does_not_depend_on_its_neighbours(
    client: FlaskClient, given_records: list[Record]
) -> None:
    together = scored(client, given_records)
    for outcome in together:
        (alone,) = outcomes_of(client, [outcome.record])
        if isinstance(outcome.verdict, Fault):
            assert isinstance(alone.verdict, Fault)
            assert alone.verdict.reason == outcome.verdict.reason
        else:
            assert not isinstance(alone.verdict, Fault)
            assert alone.verdict[1]["label"] == outcome.verdict[1]["label"]


@example([Record(value=flower(**{"\ud800": 1}))])
@example([Record(value=flower(**{"a\nb": 1}))])
@example([Record(value=flower(), headers=[("expected", b"rose\nprinted by nobody\x1b[2J")])])
@any_records
def test_any_outcome_is_shown_as_one_line_that_can_be_printed(client: FlaskClient, given_records: list[Record]) -> None:
    for outcome in scored(client, given_records):
        shown = log_lines.lines([outcome])
        assert shown.encode()
        assert shown.endswith("\n")
        assert shown.removesuffix("\n").isprintable()

"""Structured CloudEvents on Kafka are scored, and predictions carry their requests' headers, with either client."""

import base64
import json
from typing import Any

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from tests.stack import FLOWER, Stack, confluent_in_long_runs

STRUCTURED = ("content-type", b"application/cloudevents+json; charset=UTF-8")
EVENT: dict[str, Any] = {"specversion": "1.0", "id": "7", "source": "/laboratory", "type": "sample", "ward": "3"}


def event(key: bytes, **members: object) -> Message:
    return Message("iris.requests", key, json.dumps(EVENT | members).encode(), [STRUCTURED, ("tracestate", b"a=1")])


@confluent_in_long_runs
def test_events_are_scored_as_binary_ones_are_and_an_invalid_one_is_named_by_its_attribute(stack: Stack) -> None:
    stack.use_shared_api()
    broker.create_topics(stack.servers, "iris", 1)
    own = [("tracestate", b"a=1"), ("ce_ward", b"3"), ("expected", b"setosa")]
    stack.write(
        [
            Message("iris.requests", b"binary", FLOWER, [*own, ("ce_id", b"7")]),
            event(b"object", data=json.loads(FLOWER), expected="setosa"),
            event(b"base64", data_base64=base64.b64encode(FLOWER).decode(), expected="setosa"),
            event(b"old", specversion="0.3", data={}),
            event(b"without data"),
        ]
    )
    stack.consume()
    wait_until(lambda: stack.count("predictions") + stack.count("dead-letters") == 5, "all outcomes", 30)
    predictions = list(broker.read_topic(stack.servers, "iris.predictions"))
    assert [record.key for record in predictions] == [b"binary", b"object", b"base64"]
    assert len({record.value for record in predictions}) == 1
    for record in predictions:
        headers = [(name, value or b"") for name, value in record.headers]
        assert headers[6:-4] == [*own, ("ce_causationid", b"7")]
    letters = [DeadLetter.read(record) for record in broker.read_topic(stack.servers, "iris.dead-letters")]
    assert [(letter.record.key, letter.reason, letter.message) for letter in letters] == [
        (b"old", "invalid_event", "specversion must be '1.0', not the text '0.3'"),
        (b"without data", "invalid_event", "data is missing"),
    ]

"""Structured CloudEvents: their data is read, and what is wrong with one is named by its attribute."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.cloudevents import InvalidEvent, read_event
from tests.records import FLOWER

EVENT: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/laboratory", "type": "sample"}

scalars = st.none() | st.booleans() | st.integers() | st.text()
numbers = st.integers() | st.floats(allow_nan=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner), max_leaves=6
)


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


@given(st.dictionaries(st.text(), numbers), st.dictionaries(st.text(), scalars))
def test_any_data_and_any_attributes_are_read_as_they_are_also_in_base64(
    data: dict[str, Any], extensions: dict[str, Any]
) -> None:
    attributes = {name: value for name, value in extensions.items() if name not in ("data", "data_base64")} | EVENT
    kept = {name: value for name, value in attributes.items() if value is not None and name != "datacontenttype"}
    for member, content in (("data", data), ("data_base64", encoded(json.dumps(data).encode()))):
        assert read_event(kept | {member: content}) == (data, kept)


@pytest.mark.parametrize("kind", [None, "application/json", "text/JSON; charset=utf-8", "application/vnd.lab.v1+json"])
def test_data_in_any_json_type_is_read(kind: str | None) -> None:
    assert read_event(EVENT | {"datacontenttype": kind, "data": FLOWER}).data == FLOWER


def test_only_a_version_and_data_are_needed() -> None:
    assert read_event({"specversion": "1.0", "data": FLOWER}) == (FLOWER, {"specversion": "1.0"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "data is missing"),
        ({"data": None}, "data must be a JSON object of named features, not null"),
        ({"data": [5.1]}, "data must be a JSON object of named features, not a list"),
        ({"data": "{}"}, "data must be a JSON object of named features, not the text '{}'"),
        ({"data": FLOWER, "specversion": None}, "specversion must be '1.0', not null"),
        ({"data": FLOWER, "specversion": "0.3"}, "specversion must be '1.0', not the text '0.3'"),
        ({"data": FLOWER, "specversion": 1.0}, "specversion must be '1.0', not a number"),
        ({"data": FLOWER, "datacontenttype": "text/xml"}, "datacontenttype must be application/json or another JSON"),
        ({"data": FLOWER, "datacontenttype": "json"}, "datacontenttype must be application/json or another JSON"),
        ({"data": FLOWER, "datacontenttype": 5}, "datacontenttype must be application/json or another JSON"),
        ({"data": FLOWER, "ward": [3]}, "ward must be a text, a boolean or a whole number, not a list"),
        ({"data": FLOWER, "dose": 0.5}, "dose must be a text, a boolean or a whole number, not a number"),
        ({"data": FLOWER, "data_base64": None}, "an event has data or data_base64, not both"),
        ({"data_base64": None}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data": FLOWER, "data_base64": "e30="}, "an event has data or data_base64, not both"),
        ({"data_base64": "e30"}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data_base64": "é"}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data_base64": 5}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data_base64": encoded(b"\xff")}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data_base64": encoded(b"[" * 9_000)}, "data_base64 must be a JSON object in UTF-8 and base64: "),
        ({"data_base64": encoded(b"[]")}, "data_base64 must be a JSON object of named features, not a list"),
    ],
)
def test_an_invalid_event_is_named_by_its_attribute(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidEvent) as invalid:
        read_event(EVENT | changes)
    assert str(invalid.value).startswith(message)


@given(json_values | st.dictionaries(st.sampled_from([*EVENT, "data", "data_base64"]), json_values))
def test_whatever_is_sent_is_an_event_or_an_invalid_one(content: Any) -> None:
    with suppress(InvalidEvent):
        assert isinstance(read_event(content).data, dict)

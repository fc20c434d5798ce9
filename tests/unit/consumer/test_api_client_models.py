"""The list of the api's models: what each response means for the consumer."""

import json

import pytest

from embedded.ports import free_port
from services.consumer.api_client.errors import Unavailable
from services.consumer.api_client.repository import INDEX, model_names
from tests.unit.consumer.api_server import ApiServer

VERSIONS = [
    {"name": "iris", "version": "1", "state": "UNAVAILABLE", "reason": "not current"},
    {"name": "iris", "version": "2", "state": "READY", "reason": ""},
    {"name": "rose", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded"},
]


def test_models_that_are_not_served_are_among_them(api: ApiServer) -> None:
    api.body = json.dumps(VERSIONS).encode()
    assert model_names(api.url, {"Authorization": "Bearer key"}) == {"iris", "rose"}
    (asked,) = api.seen
    assert (asked.method, asked.path, asked.headers["Authorization"]) == ("POST", INDEX, "Bearer key")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"[]", "has no model"),
        (401, b"no key", "does not list its models: it responded 401: no key"),
        (503, b"", "does not list its models: it responded 503"),
        (200, b"<html>", "is not the api"),
        (200, b"{}", "has no model"),
        (200, b'["iris"]', "is not the api"),
        (200, b'[{"id": 1}]', "is not the api"),
        (200, b'[{"name": "../etc"}]', "lists '../etc', which is not a model's name"),
    ],
)
def test_anything_else_is_no_list(api: ApiServer, status: int, body: bytes, said: str) -> None:
    api.status, api.body = status, body
    with pytest.raises(Unavailable) as raised:
        model_names(api.url, {})
    assert said in str(raised.value)


def test_where_nothing_answers_the_error_says_so() -> None:
    with pytest.raises(Unavailable, match=r"does not list its models: .*Connection refused"):
        model_names(f"http://127.0.0.1:{free_port()}", {})

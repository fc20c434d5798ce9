"""Asks the api which models it has."""

from collections.abc import Mapping
from http import HTTPStatus

from petalstream.messages import MODEL_NAME
from services.consumer.api_client import responses
from services.consumer.api_client.client import FAILURES, new_session
from services.consumer.api_client.connection_errors import root
from services.consumer.api_client.errors import Unavailable

INDEX = "/v2/repository/index"
CONNECT_SECONDS, RESPONSE_SECONDS, SHOWN_CHARACTERS = 1, 3, 200


def model_names(url: str, headers: Mapping[str, str]) -> frozenset[str]:
    """Return the names of all models of the api, including those that it refuses or has unloaded.

    Takes up to 4 s. Raises Unavailable, also where the api has no model.
    """
    address = url.rstrip("/")
    with new_session(headers) as session:
        try:
            response = session.post(address + INDEX, timeout=(CONNECT_SECONDS, RESPONSE_SECONDS), allow_redirects=False)
        except FAILURES as error:
            raise Unavailable(f"the api at {address} does not list its models: {root(error)}") from error
    if response.status_code != HTTPStatus.OK:
        text = response.content.decode(errors="replace")[:SHOWN_CHARACTERS]
        raise Unavailable(f"the api at {address} does not list its models: it responded {response.status_code}: {text}")
    versions = responses.parse(response.content)
    try:
        names = frozenset(str(version["name"]) for version in versions)
    except (TypeError, KeyError):
        raise Unavailable(f"what responded at {address} is not the api") from None
    if not names:
        raise Unavailable(f"the api at {address} has no model")
    if strange := [name for name in names if not MODEL_NAME.fullmatch(name)]:
        raise Unavailable(f"the api at {address} lists {strange[0][:40]!r}, which is not a model's name")
    return names

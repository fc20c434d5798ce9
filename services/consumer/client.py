"""The consumer's side of the api: rows in, what became of each out, over one kept connection."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import BaseHTTPResponse, Retry, Timeout
from urllib3.exceptions import HTTPError, InvalidHeader

from petalstream.reasons import Reason
from services.consumer import answers, policy
from services.consumer.answers import Answer, ForeignAnswer
from services.consumer.policy import InQuestion, ServerError, Unavailable, UnknownModel

SHOWN = 300
PREDICT = "predict?on_error=report&format=columns"
# With the longest timeout that the settings allow, asking ends within the drain that a stop allows.
CONNECT_SECONDS, READY_SECONDS = 1, 0.5


class ApiClient:
    """Asks the api at `url`, waiting at most a second for it to connect and `timeout` seconds for it to answer.

    `headers` go with each request, such as an API key.
    """

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str] | None = None) -> None:
        self._url = url.rstrip("/")
        self._path = urlsplit(self._url).path
        self._timeout = timeout
        # It asks no proxy that the environment may name: none leads to the stack's own network.
        self._connection = urllib3.connection_from_url(self._url)
        # There is nothing to gain by gzip either.
        self._headers = {"Accept-Encoding": "identity", "Content-Type": "application/json", **(headers or {})}

    def score(self, model: str, rows: Sequence[bytes]) -> list[Answer]:
        """For each row, a JSON object as bytes, its prediction or {"errors": [...]}, from one request.

        Raises InQuestion, ServerError, UnknownModel, Unavailable.
        """
        # The bytes as they came, and not parsed and written again: the api is the one to judge them.
        body = b"[" + b",".join(rows) + b"]"
        response = self._request("POST", f"/models/{model}/{PREDICT}", self._timeout, body)
        content = answers.parsed(response.data)
        if response.status == HTTPStatus.OK:
            with suppress(ForeignAnswer):
                return answers.by_row(content, len(rows))
        said = f"the api answered {response.status}: {response.data.decode(errors='replace')[:SHOWN]}"
        errors = _errors(content)
        if response.status in policy.IN_QUESTION:
            too_large = response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise InQuestion(said, errors, Reason.TOO_LARGE if too_large else Reason.REJECTED)
        # A 404 of something else at that address is no word about the model.
        if response.status == HTTPStatus.NOT_FOUND and [e.get("reason") for e in errors] == [Reason.UNKNOWN_MODEL]:
            raise UnknownModel(str(errors[0].get("message")))
        if response.status == HTTPStatus.INTERNAL_SERVER_ERROR and self._is_ready():
            raise ServerError(said, errors)
        raise Unavailable(said, _retry_after(response))

    def close(self) -> None:
        """Close the kept connection."""
        self._connection.close()

    def _is_ready(self) -> bool:
        return self._request("GET", "/ready", READY_SECONDS).status == HTTPStatus.OK

    def _request(self, method: str, path: str, seconds: float, body: bytes | None = None) -> BaseHTTPResponse:
        timeout = Timeout(connect=CONNECT_SECONDS, read=seconds)
        try:
            return self._connection.urlopen(
                method, self._path + path, body, self._headers, retries=False, redirect=False, timeout=timeout
            )
        except HTTPError as error:
            raise Unavailable(f"the api at {self._url} does not answer: {error}") from error


def _errors(answer: Any) -> list[dict[str, Any]]:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _retry_after(response: BaseHTTPResponse) -> float:
    """Seconds that the header Retry-After asks for, which may also name a date; 0 without one that can be read."""
    try:
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    except (InvalidHeader, ValueError, OverflowError):
        return 0

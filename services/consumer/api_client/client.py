"""The consumer's client of the api: sends rows, returns a prediction or errors for each row."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import requests
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from petalstream.reasons import Reason
from services.consumer.api_client import responses
from services.consumer.api_client.connection_errors import is_closed, is_timeout, root
from services.consumer.api_client.deadline import DeadlineAdapter
from services.consumer.api_client.errors import (
    ApiError,
    BatchFailed,
    BatchRejected,
    ConnectionClosed,
    TimedOut,
    Unavailable,
    UnknownModel,
)
from services.consumer.api_client.responses import ForeignResponse, RowResult

SHOWN_CHARACTERS = 300
PREDICT = "predict?on_error=report&format=columns"
DEADLINE_HEADER = "X-Request-Timeout"
CONNECT_SECONDS, READY_SECONDS = 1, 2
# A new connection may reach another replica of the api, which an old one never does.
SESSION_SECONDS = 60
# A server may close a connection that is idle at the moment when the next request is sent.
IDLE_SECONDS = 1
# The api stops work at the deadline of the request, and may respond 503 just before the client's own timeout.
DEADLINE_SHARE = 0.9
# A killed worker is replaced within a second or so, and on a busy machine within several, since it loads its models.
RESTART_SECONDS, SECONDS_BETWEEN_POLLS = 60, 0.2
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FAILURES = (RequestException, HTTPError)
Wait = Callable[[float], None]
REJECTED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


class ApiClient:
    """Sends requests to the api at `url`, one at a time, with `headers` such as an API key.

    Waits up to a second for the connection, `timeout` seconds for the response and, after a closed connection, up to
    `restart_seconds` until the api is ready.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        restart_seconds: float = RESTART_SECONDS,
    ) -> None:
        self._url, self._timeout, self._restart_seconds = url.rstrip("/"), timeout, restart_seconds
        self._headers = {
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            DEADLINE_HEADER: f"{timeout:g}",
            **(headers or {}),
        }
        self._session: requests.Session | None = None
        self._opened = self._last_response = 0.0
        self._wait: Wait = time.sleep

    def score(self, model: str, rows: Sequence[bytes], wait: Wait = time.sleep) -> list[RowResult]:
        """Return a prediction, or {"errors": [...]}, for each row (a JSON object), from one request.

        Raises ApiError, and what `wait` raises, which is called again and again until the api is ready.
        """
        self._wait = wait
        # The rows are sent as they are: parsing and writing them again could change numbers.
        body = b"[" + b",".join([row.removeprefix(BYTE_ORDER_MARK) for row in rows]) + b"]"
        began = time.monotonic()
        response = self._post(f"/models/{model}/{PREDICT}", body)
        is_late = time.monotonic() - began >= self._timeout * DEADLINE_SHARE
        content = responses.parse(response.content)
        if response.status_code == HTTPStatus.OK:
            with suppress(ForeignResponse):
                return responses.row_results(content, len(rows))
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and is_late:
            raise TimedOut(_message(response))
        raise self._error(response, _errors(content))

    def close(self) -> None:
        """Close the connection."""
        if self._session:
            self._session.close()
            self._session = None

    def _error(self, response: requests.Response, errors: list[dict[str, Any]]) -> ApiError:
        """Return the error that a response means. Asks a failed api whether it is ready."""
        status, reasons = response.status_code, [error.get("reason") for error in errors]
        # What another version of the api says of rows may quote their values.
        message = (
            "the api responded 200: not what this consumer reads" if status == HTTPStatus.OK else _message(response)
        )
        if status in REJECTED:
            too_large = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return BatchRejected(message, errors, Reason.TOO_LARGE if too_large else Reason.REJECTED)
        # Any other 404 may come from another server at this address.
        if status == HTTPStatus.NOT_FOUND and reasons == [Reason.UNKNOWN_MODEL]:
            return UnknownModel(str(errors[0].get("message")))
        if status == HTTPStatus.INTERNAL_SERVER_ERROR and self._is_ready():
            return BatchFailed(message, errors)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and reasons == [Reason.UNAVAILABLE]:
            message = str(errors[0].get("message"))
        return Unavailable(message, _retry_after(response))

    def _post(self, path: str, body: bytes) -> requests.Response:
        """Send a request, once more if the connection was idle and is closed. Raises ApiError."""
        now = time.monotonic()
        if now - self._opened >= SESSION_SECONDS:
            self.close()
        was_idle = self._session is not None and now - self._last_response >= IDLE_SECONDS
        try:
            return self._send("POST", path, self._timeout, body)
        except FAILURES as error:
            self.close()
            if not (was_idle and is_closed(error)):
                raise self._connection_error(error) from error
        try:
            return self._send("POST", path, self._timeout, body)
        except FAILURES as error:
            self.close()
            raise self._connection_error(error) from error

    def _connection_error(self, error: Exception) -> ApiError:
        """Return what a request without a response means. Waits for the api after a closed connection."""
        if is_timeout(error):
            return TimedOut(f"the api at {self._url} did not respond within {self._timeout:g} s")
        if not is_closed(error):
            return Unavailable(f"the api at {self._url} cannot be reached: {root(error)}")
        if self._becomes_ready():
            return ConnectionClosed()
        return Unavailable(f"the api at {self._url} closed the connection and is not ready: {root(error)}")

    def _becomes_ready(self) -> bool:
        deadline = time.monotonic() + self._restart_seconds
        while not self._is_ready():
            if time.monotonic() >= deadline:
                return False
            self._wait(SECONDS_BETWEEN_POLLS)
        return True

    def _is_ready(self) -> bool:
        try:
            return self._send("GET", "/ready", READY_SECONDS).status_code == HTTPStatus.OK
        except FAILURES:
            self.close()
            return False

    def _send(self, method: str, path: str, seconds: float, body: bytes | None = None) -> requests.Response:
        if self._session is None:
            self._session, self._opened = new_session(self._headers), time.monotonic()
        timeout = (CONNECT_SECONDS, seconds)
        response = self._session.request(method, self._url + path, data=body, timeout=timeout, allow_redirects=False)
        self._last_response = time.monotonic()
        return response


def new_session(headers: Mapping[str, str]) -> requests.Session:
    """Return a session whose timeouts bound whole responses, with `headers` in each request."""
    session = requests.Session()
    session.trust_env = False  # a proxy from the environment does not lead to the stack's own network
    session.headers.update(headers)
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter())
    return session


def _message(response: requests.Response) -> str:
    text = response.content.decode(errors="replace")[:SHOWN_CHARACTERS]
    return f"the api responded {response.status_code}: {text}"


def _errors(content: Any) -> list[dict[str, Any]]:
    errors = content.get("errors") if isinstance(content, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _retry_after(response: requests.Response) -> float:
    """Return the seconds of the header Retry-After, which may also be a date; 0 if it is missing or invalid."""
    try:
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    except (InvalidHeader, ValueError, OverflowError):
        return 0

"""The consumer's side of the api: rows in, answers out, over one kept connection."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests


class ApiError(RuntimeError):
    """The api did not answer a batch with its predictions."""


class RowsRejected(ApiError):
    """The api answered that rows are at fault; `errors` holds its {row, field, message}, rows from 0."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(f"the api rejected {len({error['row'] for error in errors})} rows")
        self.errors = errors


class ApiClient:
    """Asks the api at `url`, waiting at most `timeout` seconds for it to connect and again for it to answer."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        # The api is on the stack's own network: no proxy that the environment may name leads there.
        self._session.trust_env = False
        self._session.headers["Content-Type"] = "application/json"

    def predict(self, model: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One answer a row, from one request. Raises RowsRejected, ApiError."""
        url = f"{self._url}/models/{model}/predict"
        # Not requests' own json=, which refuses a NaN itself: the api is the one to judge rows.
        body = json.dumps(rows).encode()
        try:
            response = self._session.post(url, data=body, timeout=self._timeout)
        except requests.RequestException as error:
            raise ApiError(f"{url} did not answer: {error}") from error
        answers = _parsed(response)
        if response.status_code == requests.codes.bad_request and _names_rows(answers):
            raise RowsRejected(answers["errors"])
        if response.status_code != requests.codes.ok:
            raise ApiError(f"{url} answered {response.status_code}: {response.text[:500]}")
        if not isinstance(answers, list) or len(answers) != len(rows):
            raise ApiError(f"{url} did not answer with {len(rows)} predictions: {response.text[:500]}")
        return answers


def _parsed(response: requests.Response) -> Any:
    """The body as JSON, None where it is not."""
    try:
        return response.json()
    except requests.JSONDecodeError:
        return None


def _names_rows(answer: Any) -> bool:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return isinstance(errors, list) and bool(errors) and all(isinstance(error.get("row"), int) for error in errors)

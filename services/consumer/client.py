"""The consumer's side of the api: rows in, answers out, over one kept connection."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests


class ApiError(RuntimeError):
    """The api did not answer a batch with its predictions."""


class ApiClient:
    """Asks the api at `url`, waiting at most `timeout` seconds for it to connect and again for it to answer."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()

    def predict(self, model: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One answer a row, from one request. Raises ApiError."""
        url = f"{self._url}/models/{model}/predict"
        try:
            response = self._session.post(url, json=rows, timeout=self._timeout)
        except requests.RequestException as error:
            raise ApiError(f"{url} did not answer: {error}") from error
        if response.status_code != requests.codes.ok:
            raise ApiError(f"{url} answered {response.status_code}: {response.text[:500]}")
        try:
            answers: list[dict[str, Any]] = response.json()
        except requests.JSONDecodeError as error:
            raise ApiError(f"{url} did not answer with JSON: {error}") from error
        if len(answers) != len(rows):
            raise ApiError(f"{url} answered {len(answers)} predictions for {len(rows)} rows")
        return answers

"""A hand-written api for tests of scoring: it predicts rows, and raises for batches with certain rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.consumer.api_client.errors import ApiError, BatchRejected
from tests.records import Record

MISSING = {"row": 0, "field": "petal_width", "message": "is missing", "reason": "missing_feature"}


def prediction(row: bytes) -> dict[str, Any]:
    """Return a prediction whose label is the row."""
    text = row.decode()
    return {"model": "iris", "version": "1", "label": text, "probabilities": {text: 1.0}, "warnings": []}


def row(number: int) -> bytes:
    """Return the value of record `number`."""
    return b'{"n": %d}' % number


def records(count: int) -> list[Record]:
    """Return so many records, with offsets from 0 on."""
    return [Record(offset=number, value=row(number)) for number in range(count)]


def rejected() -> ApiError:
    """Return the error of a rejected batch."""
    return BatchRejected("the api responded 400: no")


class ScriptedApi:
    """Raises `error()` for a batch with a row of `poison`, returns errors for `invalid` rows, and predicts the rest.

    `requests` are the batches, in order.
    """

    def __init__(
        self,
        poison: Sequence[bytes] = (),
        error: Callable[[], ApiError] = rejected,
        invalid: Mapping[bytes, list[dict[str, Any]]] | None = None,
    ) -> None:
        self.poison, self.error, self.invalid = set(poison), error, invalid or {}
        self.requests: list[list[bytes]] = []
        self.waits: list[float] = []

    def score(self, rows: Sequence[bytes]) -> list[dict[str, Any]]:
        """Return a result for each row, or raise."""
        self.requests.append(list(rows))
        if self.poison & set(rows):
            raise self.error()
        return [{"errors": self.invalid[row]} if row in self.invalid else prediction(row) for row in rows]

    def wait(self, seconds: float) -> None:
        """Note the time, and do not wait."""
        self.waits.append(seconds)

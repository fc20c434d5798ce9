"""Asking the api for the next batch while the one before it is delivered."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.consumer.client import ApiClient
from services.consumer.policy import ApiError


class NotAtOnce(Exception):
    """The api did not give a batch its outcomes when it was asked the first time."""


class EagerClient(ApiClient):
    """The api, asked a first time by a thread that must not wait; what went wrong then is for whoever asks again.

    Only one thread may ask at a time.
    """

    _trouble: tuple[str, Sequence[bytes], ApiError] | None = None

    def ask_once(self, model: str, rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        """What score() gives. Raises NotAtOnce."""
        try:
            return self.score(model, rows)
        except ApiError as error:
            self._trouble = model, rows, error
            raise NotAtOnce from error

    def score(self, model: str, rows: Sequence[bytes]) -> list[Mapping[str, Any]]:
        """As of any client; where these rows were asked for once, and that went wrong, this is what went wrong then."""
        trouble, self._trouble = self._trouble, None
        if trouble and trouble[:2] == (model, rows):
            raise trouble[2]
        return super().score(model, rows)

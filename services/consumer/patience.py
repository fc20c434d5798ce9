"""Waiting for the api while a batch is in hand."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from services.consumer import metrics, policy
from services.consumer.answers import Answer
from services.consumer.client import ApiClient
from services.consumer.hold import Hold
from services.consumer.policy import InQuestion, ServerError, Unavailable, UnknownModel

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PatientApi:
    """The api, asked until it answers or, after `give_up_seconds` (0: never), until the policy says otherwise."""

    client: ApiClient
    hold: Hold
    give_up_seconds: float

    def score(self, model: str, rows: Sequence[bytes]) -> Sequence[Answer]:
        """What ApiClient.score gives and raises, after waiting for what waiting may mend. Raises Interrupted."""
        self.hold.beat()
        return self._asking(ServerError, policy.between_server_errors, stop_after_attempt(policy.SERVER_ERROR_TRIES))(
            self._available, model, rows
        )

    def _available(self, model: str, rows: Sequence[bytes]) -> Sequence[Answer]:
        asking = self._asking(
            Unavailable, policy.wait_for_api, policy.give_up_after(self.give_up_seconds), before_sleep=_say_once
        )
        try:
            answers: Sequence[Answer] = asking(self.client.score, model, rows)
        except (InQuestion, UnknownModel):
            _say_again(asking)
            raise
        _say_again(asking)
        return answers

    def _asking(self, error: type[Exception], wait: Any, stop: Any, **options: Any) -> Retrying:
        retry = retry_if_exception_type(error)
        return Retrying(retry=retry, wait=wait, stop=stop, sleep=self.hold.wait, reraise=True, **options)


def _say_again(asking: Retrying) -> None:
    if asking.statistics["attempt_number"] > 1:
        log.warning("the api answers again, after %.1f s", asking.statistics["delay_since_first_attempt"])


def _say_once(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome:
        metrics.OUTAGES.inc()
        log.error("%s; paused until the api answers, and nothing is lost meanwhile", state.outcome.exception())

"""Waiting for the api while a batch is in hand, without losing the batch's place in the consumer group."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from petalstream import broker
from petalstream.broker import KafkaConsumer
from petalstream.lifecycle import Stop
from services.consumer import metrics, policy
from services.consumer.client import ApiClient
from services.consumer.policy import InQuestion, ServerError, Unavailable, UnknownModel

BEAT_SECONDS, POLL_SECONDS = 1.0, 0.2
log = logging.getLogger(__name__)


class Interrupted(Exception):
    """The batch in hand is not to be finished; nothing of it was written or committed."""


class Hold:
    """Keeps this consumer a member of its group while it has a batch in hand."""

    def __init__(self, consumer: KafkaConsumer, stop: Stop) -> None:
        self._consumer, self._stop = consumer, stop
        self._polled = time.monotonic()

    def beat(self) -> None:
        """Poll once, where the last time was more than a second ago. Raises Interrupted on a stop or a rebalance."""
        if self._stop.requested():
            raise Interrupted("asked to stop")
        if time.monotonic() - self._polled > BEAT_SECONDS:
            self.wait(0)

    def wait(self, seconds: float) -> None:
        """Poll, with every partition paused, for `seconds`. Raises Interrupted on a stop or a rebalance."""
        generation, owned = broker.generation(self._consumer), self._consumer.assignment()
        self._consumer.pause(*owned)
        deadline = time.monotonic() + seconds
        while True:
            if self._stop.requested():
                raise Interrupted("asked to stop")
            left = max(0.0, min(deadline - time.monotonic(), POLL_SECONDS))
            if broker.poll(self._consumer, left, 1) or broker.generation(self._consumer) != generation:
                raise Interrupted("the group was rebalanced")
            self._polled = time.monotonic()
            if self._polled >= deadline:
                break
        self._consumer.resume(*owned)


@dataclass(frozen=True)
class PatientApi:
    """The api, asked until it answers or, after `give_up_seconds` (0: never), until the policy says otherwise."""

    client: ApiClient
    hold: Hold
    give_up_seconds: float

    def score(self, model: str, rows: Sequence[bytes]) -> Sequence[Mapping[str, Any]]:
        """What ApiClient.score gives and raises, after waiting for what waiting may mend. Raises Interrupted."""
        self.hold.beat()
        return self._asking(ServerError, policy.between_server_errors, stop_after_attempt(policy.SERVER_ERROR_TRIES))(
            self._available, model, rows
        )

    def _available(self, model: str, rows: Sequence[bytes]) -> Sequence[Mapping[str, Any]]:
        asking = self._asking(
            Unavailable, policy.wait_for_api, policy.give_up_after(self.give_up_seconds), before_sleep=_say_once
        )
        try:
            answers: Sequence[Mapping[str, Any]] = asking(self.client.score, model, rows)
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

"""The error policy: what becomes of a record, a batch or the consumer itself when something goes wrong.

| what went wrong                                          | what becomes of it                                        |
| -------------------------------------------------------- | --------------------------------------------------------- |
| a record is no JSON object, too large, null              | that record is a dead letter, with the reason             |
| the api names a row's errors                             | that record is a dead letter, with the first error        |
| 400, 413, 422; 500 three times while the api is ready    | the batch is halved until the culprit stands alone        |
| 404 that says the model is unknown                       | the batch's records are dead letters                      |
| anything else of the api: no connection, no answer in    | not the records' fault: wait and ask again, in the group  |
| time, 401, 403, 405, 415, 429, 502, 503, 504, ...        | and paused, until it answers (or GIVE_UP_SECONDS, if set) |
| bytes on the broker that no client can read              | a dead letter for each offset; reading goes on after them |
| an outcome that its topic does not take for its size     | a dead letter in its place, if need be without the bytes  |
| any other error of Kafka, a rebalance in mid-batch       | new clients, from the committed offsets on                |
| another consumer has taken this one's id; no permission; | exit code 1, nothing committed: waiting does not help     |
| records compressed with a codec that is not installed    |                                                           |
"""

import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus

from tenacity import RetryCallState, stop_after_delay, stop_never, wait_random, wait_random_exponential
from tenacity.stop import stop_base

from petalstream.broker import (
    AuthorizationError,
    FencedInstanceIdError,
    InvalidProducerEpochError,
    KafkaError,
    ProducerFencedError,
    UnsupportedCodecError,
)
from petalstream.reasons import Reason
from services.consumer.hold import Interrupted

IN_QUESTION = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
SERVER_ERROR_TRIES = 3
MOST_WAIT_SECONDS = 300
FATAL = (FencedInstanceIdError, AuthorizationError, UnsupportedCodecError)
# Once, these come to a consumer that slept longer than a transaction may last; again and again, to one with a twin.
FENCED = (ProducerFencedError, InvalidProducerEpochError)
MOST_FENCED, FENCED_SECONDS = 3, 10

between_server_errors = wait_random(0.1, 0.5)
between_sessions = wait_random(0.1, 1)
_without_advice = wait_random_exponential(multiplier=0.2, max=10)


class Recovery:
    """Whether new clients help: not after a fatal error, nor where this consumer was fenced three times in 10 s."""

    def __init__(self) -> None:
        self._fenced: deque[float] = deque(maxlen=MOST_FENCED)

    def helps(self, error: BaseException) -> bool:
        """Whether to go on with new clients after `error`."""
        if isinstance(error, FENCED):
            self._fenced.append(time.monotonic())
            often = len(self._fenced) == MOST_FENCED and self._fenced[-1] - self._fenced[0] < FENCED_SECONDS
            return not often
        return isinstance(error, KafkaError | Interrupted) and not isinstance(error, FATAL)


class ApiError(Exception):
    """The api did not answer a batch with its outcomes; `tries` requests told so."""

    tries = 1


class InQuestion(ApiError):
    """One of the rows may be at fault; `errors` are the api's, where it gave any, and `reason` is for where not."""

    def __init__(self, message: str, errors: list[dict[str, object]], reason: Reason = Reason.REJECTED) -> None:
        super().__init__(message)
        self.errors, self.reason = errors, reason


class ServerError(InQuestion):
    """An answer of 500 from an api that says it is ready."""

    tries = SERVER_ERROR_TRIES


class UnknownModel(ApiError):
    """The api serves no such model."""

    reason = Reason.UNKNOWN_MODEL


class Unavailable(ApiError):
    """Not the rows' fault; `retry_after` is how many seconds the api asks to be left alone."""

    reason = Reason.UNAVAILABLE

    def __init__(self, message: str, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def wait_for_api(state: RetryCallState) -> float:
    """Seconds until the api is asked again: exponential with full jitter, at least what it asks for, at most 300."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Unavailable) else 0
    return min(asked + _without_advice(state), MOST_WAIT_SECONDS)


def give_up_after(seconds: float) -> stop_base | Callable[[RetryCallState], bool]:
    """When an outage becomes the records' fault; 0 seconds: never."""
    return stop_after_delay(seconds) if seconds else stop_never

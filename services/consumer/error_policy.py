"""The error policy: what happens to a record, a lane or the consumer when something goes wrong.

| what goes wrong                                          | what happens                                             |
| -------------------------------------------------------- | -------------------------------------------------------- |
| a record is not a JSON object, too large, null           | that record becomes a dead letter, with the reason       |
| the api reports errors of a row                          | that record becomes a dead letter, with the first error  |
| the api rejects a batch (400, 413, 422)                  | it is halved until each culprit stands alone             |
| the api fails (500, closed connection) while it is ready | the same; a record that fails three times alone, with    |
|                                                          | others scored in between, becomes a dead letter          |
| the api does not respond to a batch in time              | the lane asks for fewer records at once                  |
| anything else of the api: unknown model, no connection,  | the lane waits and asks again, with its topic paused     |
| 401, 403, 404, 429, 502, 503, 504; all records fail alike | (dead letters after CONSUMER_GIVE_UP_SECONDS, if set)    |
| too many dead letters                                    | the lane pauses and tries single records now and then    |
| bytes on the broker that no client can read              | a dead letter for each offset; reading goes on           |
| the broker refuses an outcome                            | a dead letter in its place, if need be without the bytes |
| the broker refuses the topic of the outcomes             | the lane waits and writes again                          |
| any other error of a lane's producer                     | the lane makes a new producer and writes again           |
| any other error of the Kafka consumer                    | a new one, from the committed offsets                    |
| another consumer has the same instance id                | the same, after 10 s to 5 min                            |
| no permission to read a topic, or no codec for it        | the others are read; that one again after 30 s to 5 min  |
| the api lists no models, or does not respond             | the topics stay; without a first list the consumer waits |
| no permission for the group                              | exit code 1: waiting does not help                       |
"""

import logging
from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_before_delay,
    stop_never,
    wait_exponential,
    wait_random_exponential,
)

from petalstream.broker import AuthorizationError, KafkaError
from services.consumer.api_client.errors import ApiError, Unavailable
from services.consumer.assignment import AssignmentOver

MOST_WAIT_SECONDS = 300
FATAL = (AuthorizationError,)

_for_api = wait_random_exponential(multiplier=0.2, max=10)
for_broker = wait_random_exponential(multiplier=0.1, max=10)
for_twin = wait_exponential(multiplier=10, max=300)
log = logging.getLogger(__name__)


def asking(give_up_seconds: float, wait: Callable[[float], None], report: Callable[[str], None]) -> Retrying:
    """Retries on ApiError: exponential backoff with full jitter, at least what the api asks for, at most 300 s.

    `report` gets what went wrong each time. After `give_up_seconds` (0: never) the error is raised.
    """
    return Retrying(
        retry=retry_if_exception_type(ApiError),
        wait=_until_next_request,
        stop=stop_before_delay(give_up_seconds) if give_up_seconds else stop_never,
        sleep=wait,
        before_sleep=lambda state: report(f"{_log_text(state)}; the lane waits for the api, and nothing is lost"),
        reraise=True,
    )


def writing(wait: Callable[[float], None], report: Callable[[str], None]) -> Retrying:
    """Retries without an end, except on AssignmentOver: exponential backoff with full jitter, at most 10 s.

    An error that is not Kafka's is a mistake of ours; brought out by the records of one model, it stops no other.
    """

    def report_error(state: RetryCallState) -> None:
        error = _error(state)
        if not isinstance(error, KafkaError):
            log.error("an unexpected error", exc_info=error)
        report(f"{error!r}; the lane waits and writes again, and nothing is lost")

    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, Exception) and not isinstance(error, AssignmentOver)),
        wait=for_broker,
        sleep=wait,
        before_sleep=report_error,
        reraise=True,
    )


def _until_next_request(state: RetryCallState) -> float:
    error = _error(state)
    asked = error.retry_after if isinstance(error, Unavailable) else 0
    return min(asked + _for_api(state), MOST_WAIT_SECONDS)


def _log_text(state: RetryCallState) -> str:
    error = _error(state)
    return error.log_text if isinstance(error, ApiError) else str(error)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None

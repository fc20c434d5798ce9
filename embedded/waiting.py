"""Waiting for a state, bounded, in words."""

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float, pause: Callable[[float], None] = time.sleep) -> T:
    """The first true value of `condition`, asked ten times a second. Raises TimeoutError that names `what`."""
    asking = Retrying(
        retry=retry_if_result(lambda seen: not seen), stop=stop_after_delay(seconds), wait=wait_fixed(0.1), sleep=pause
    )
    try:
        return asking(condition)
    except RetryError as error:
        seen = error.last_attempt.result()
        raise TimeoutError(f"waited {seconds:g} s for {what}; last saw {seen!r}") from None

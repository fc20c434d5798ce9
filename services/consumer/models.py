"""Which models the consumer reads requests of: those that CONSUMER_MODELS lists, or else all that the api has."""

import logging
import threading
from collections.abc import Callable, Collection

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from petalstream.lifecycle import Stop
from petalstream.problems import Problem
from services.consumer.api_client.errors import ApiError

POLL_SECONDS, MOST_WAIT_SECONDS, CLOSE_SECONDS = 3, 30, 1
log = logging.getLogger(__name__)


class Models:
    """The names that are `listed`, or else those that `fetch` returns, which a thread follows.

    Where `fetch` raises ApiError, nothing changes.
    """

    def __init__(self, listed: Collection[str], fetch: Callable[[], frozenset[str]]) -> None:
        self._names, self._fetch, self._is_followed = frozenset(listed), fetch, not listed
        self._problem = Problem("models of the api", "they are followed again")
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def names(self) -> frozenset[str]:
        """The models that there are now; none before start()."""
        return self._names

    def start(self, stop: Stop) -> None:
        """Wait for the first list, unless asked to stop; then follow the list in a thread until close()."""
        if not self._is_followed or self._thread:
            return
        self._update(stop.requested, stop.wait)
        if self._names:
            self._thread = threading.Thread(target=self._follow, name="models", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop following the list; takes up to a second."""
        self._closed.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _follow(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            self._update(self._closed.is_set, self._closed.wait)

    def _update(self, is_over: Callable[[], bool], wait: Callable[[float], object]) -> None:
        """Fetch the list, again and again until there is one or it `is_over`."""

        def sleep(seconds: float) -> None:
            wait(seconds)

        fetching = Retrying(
            retry=retry_if_exception_type(ApiError),
            wait=wait_exponential(multiplier=POLL_SECONDS / 2, max=MOST_WAIT_SECONDS),
            stop=lambda _: is_over(),
            sleep=sleep,
            before_sleep=self._report,
            retry_error_callback=lambda _: self._names,
        )
        names = self._names if is_over() else fetching(self._fetch)
        if names != self._names:
            self._log_change(names)
            self._names = names
        if not is_over():
            self._problem.end()

    def _report(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        goes_on = (
            f"requests of {_joined(self._names)} are read as before"
            if self._names
            else "the consumer waits for the list"
        )
        self._problem.report(f"{error}; {goes_on}")

    def _log_change(self, names: frozenset[str]) -> None:
        if new := names - self._names:
            log.info("the api has %s: requests are read", _joined(new))
        if gone := self._names - names:
            log.warning("the api has no %s any more: requests stay where they are, unread", _joined(gone))


def _joined(names: Collection[str]) -> str:
    return ", ".join(sorted(names))

"""Something that lasts: logged when it begins, once a minute until it ends, and at its end."""

import logging
import time

LOG_SECONDS = 60
log = logging.getLogger(__name__)


class Problem:
    """A problem of `subject`; `end_text` says what its end means, `log_seconds` how often it is logged."""

    def __init__(self, subject: str, end_text: str = "the lane goes on", log_seconds: float = LOG_SECONDS) -> None:
        self._subject, self._end_text, self._log_seconds = subject, end_text, log_seconds
        self._began = self._logged = float("-inf")

    @property
    def is_on(self) -> bool:
        """Whether it has begun and not ended."""
        return self._began > float("-inf")

    def report(self, message: str) -> None:
        """Say that it is there."""
        now = time.monotonic()
        if not self.is_on:
            self._began = now
        if now - self._logged >= self._log_seconds:
            self._logged = now
            log.error("%s: %s", self._subject, message)

    def end(self) -> None:
        """Say that it is over, if it was there."""
        if self.is_on:
            log.warning("%s: %s after %.1f s", self._subject, self._end_text, time.monotonic() - self._began)
            self._began = self._logged = float("-inf")

"""Ways in which the api does not score a batch."""

from petalstream.reasons import Reason


class ApiError(Exception):
    """The api returned no predictions for a batch. `reason` is the one for dead letters, if there are any."""

    reason = Reason.UNAVAILABLE

    @property
    def log_text(self) -> str:
        """What a log may say of it: no value of a record."""
        return str(self)


class Unavailable(ApiError):
    """The api cannot serve the model now; `retry_after` is how many seconds it asks the client to wait."""

    def __init__(self, message: str, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownModel(ApiError):
    """The api has no such model."""

    reason = Reason.UNKNOWN_MODEL


class TimedOut(ApiError):
    """The api sent no complete response in time; a request with fewer rows may need less."""


class BatchRejected(ApiError):
    """The api rejected the whole batch (400, 413, 422); one of its rows may be the cause. `errors` are the api's."""

    reason = Reason.REJECTED

    def __init__(
        self, message: str, errors: list[dict[str, object]] | None = None, reason: Reason = Reason.REJECTED
    ) -> None:
        super().__init__(message)
        self.errors, self.reason = errors or [], reason

    @property
    def log_text(self) -> str:
        """The status and the reasons alone: the text of the response may quote values."""
        reasons = sorted({str(error.get("reason")) for error in self.errors} & set(Reason))
        return str(self).partition(":")[0] + (f" ({', '.join(reasons)})" if reasons else "")


class BatchFailed(BatchRejected):
    """The api failed (500) and yet is ready; a row, or anything else, may be the cause."""


class ConnectionClosed(BatchFailed):
    """The api closed the connection without a response and is ready, or ready again."""

    def __init__(self, message: str = "the api closed the connection") -> None:
        super().__init__(message)

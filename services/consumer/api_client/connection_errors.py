"""What the errors of requests mean, which wrap those of urllib3 and of sockets."""

from requests.exceptions import ChunkedEncodingError, ReadTimeout
from urllib3.exceptions import ProtocolError, ReadTimeoutError


def is_timeout(error: Exception) -> bool:
    """Whether the response, or a part of it, was not received in time."""
    return isinstance(error, ReadTimeout) or _has_cause(error, ReadTimeoutError) or _has_cause(error, TimeoutError)


def is_closed(error: Exception) -> bool:
    """Whether the server closed the connection before the end of the response."""
    return isinstance(error, ChunkedEncodingError) or _has_cause(error, ProtocolError)


def root(error: BaseException) -> BaseException:
    """Return the innermost error, such as "Connection refused", which the libraries wrap in their own."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error


def _has_cause(error: BaseException, kind: type[Exception]) -> bool:
    """Whether an error is of that kind or wraps one: requests wraps urllib3's errors, which wrap the socket's."""
    return isinstance(error, kind) or any(_has_cause(each, kind) for each in error.args if isinstance(each, Exception))

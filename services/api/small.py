"""Whether a request can be answered at once, without waiting for its client."""

import re
from socket import MSG_DONTWAIT, MSG_PEEK, socket

MOST_BYTES = 2048
_PREDICT = re.compile(rb"POST /(?:predict|models/[a-z0-9_]+/predict)[ ?]")
# What says where a body ends, or has the client wait before it sends one.
_LENGTHS = re.compile(rb"\r\n(?:content-length|transfer-encoding|expect)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


def has_come(connection: socket) -> bool:
    """Whether all of one small request has come, and nothing else, which asks for the prediction of one row in JSON.

    Nothing is taken from the connection. The answer is small too, and fits into what the system keeps for it.
    """
    try:
        seen = connection.recv(MOST_BYTES + 1, MSG_PEEK | MSG_DONTWAIT)
    except OSError:
        return False
    return len(seen) <= MOST_BYTES and is_one_row(seen)


def is_one_row(seen: bytes) -> bool:
    """Whether these bytes are such a request as a whole: an object without lists, in as many bytes as are announced."""
    head, _, body = seen.partition(b"\r\n\r\n")
    return (
        _PREDICT.match(head) is not None
        and body.startswith(b"{")
        and b"[" not in body
        and _LENGTHS.findall(head) == [b"%d" % len(body)]
    )

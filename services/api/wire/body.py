"""Reads what a request sends, and what should become of a bad row."""

import contextlib
import json
import zlib
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from petalstream import cloudevents
from services.api.errors import UnreadableBody

MAX_FIELDS = 1000
_GZIP = 16 + zlib.MAX_WBITS
# What follows the end of a gzip member is copied, and a hostile body may be nothing but ends.
_PIECE = 4096
_DIGITS = bytes(ord("0") if 48 <= byte <= 57 else ord(" ") for byte in range(256))
_LONG = b"0" * 19
_BYTE_ORDER_MARK = "\ufeff".encode()


class UnsupportedEncoding(UnsupportedMediaType):
    """A Content-Encoding other than gzip; the answer says which would do (RFC 9110, 15.5.16)."""

    def get_headers(self, *of_request: Any) -> list[tuple[str, str]]:
        """The headers of the answer."""
        return [*super().get_headers(*of_request), ("Accept-Encoding", "gzip")]


def read_body(request: Request, most_bytes: int) -> bytes:
    """The body, decompressed where it was sent with gzip; no more than `most_bytes` and one are ever held of it.

    Raises RequestEntityTooLarge for more than `most_bytes`, as sent or decompressed, UnsupportedEncoding and
    UnreadableBody.
    """
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedEncoding(f"the content encoding must be gzip or none, not {encoding[:40]}")
    # Of a body that is told to be longer nothing was read (gateway/middleware.py).
    if (request.content_length or 0) > most_bytes or len(body := request.get_data(cache=False)) > most_bytes:
        raise RequestEntityTooLarge(f"the body is larger than {most_bytes} bytes")
    return _decompressed(body, most_bytes) if encoding.endswith("gzip") else body


def decode_utf8(body: bytes) -> str:
    """The text of a body, without a byte order mark. Raises UnreadableBody."""
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"the body is not UTF-8: byte {error.start} cannot be decoded") from error


def parse_json(body: bytes) -> Any:
    """What a body in JSON holds. Raises UnreadableBody."""
    with contextlib.suppress(ValueError):
        return parse_json_fast(body)
    text = decode_utf8(body)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableBody("the JSON is nested too deeply; a row is one flat object") from error
    except json.JSONDecodeError as error:
        raise UnreadableBody(f"the body is not JSON: {error}") from error
    except ValueError as error:
        raise UnreadableBody("the body holds a whole number of more digits than any float has") from error


def parse_json_fast(body: bytes) -> Any:
    """What a body in JSON holds.

    Raises ValueError where the standard library is to judge: it reads NaN, which is a fault of its row, does not round
    whole numbers of more than 64 bits, and tells more of what is no JSON.
    """
    if _LONG in body.translate(_DIGITS):
        raise ValueError("a number may be too long")
    return orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))


def is_plain_json(request: Request) -> bool:
    """Whether the body is in JSON, and no CloudEvent."""
    return request.is_json and not request.mimetype.startswith(cloudevents.MEDIA_TYPE)


def read_json(request: Request, most_bytes: int) -> Any:
    """What a body in JSON holds, an empty object where it is empty.

    Raises UnsupportedMediaType, and what read_body does.
    """
    # tritonclient never says of what type its bodies are.
    if request.content_type and not is_plain_json(request):
        raise UnsupportedMediaType(f"the content type must be application/json, not {request.content_type[:60]}")
    body = read_body(request, most_bytes)
    return parse_json(body) if body else {}


def read_fields(request: Request, most_bytes: int) -> list[tuple[str, str]]:
    """The fields of a form and what was typed, in the order sent. Raises what read_body does."""
    body = read_body(request, most_bytes)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise UnreadableBody("the form is not UTF-8") from error
    except ValueError as error:
        raise UnreadableBody(f"the form has more than {MAX_FIELDS} fields") from error


def reports_errors(request: Request) -> bool:
    """Whether the client wants faults row by row in the answer (`?on_error=report`). Raises UnreadableBody."""
    wish = request.args.get("on_error", "fail")
    if wish not in ("fail", "report"):
        raise UnreadableBody(f"on_error must be fail or report, not {wish[:40]!r}")
    return wish == "report"


def _decompressed(body: bytes, most_bytes: int) -> bytes:
    content, member = bytearray(), zlib.decompressobj(_GZIP)
    for start in range(0, len(body), _PIECE):
        piece = body[start : start + _PIECE]
        while piece:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            try:
                content += member.decompress(piece, most_bytes + 1 - len(content))
            except zlib.error as error:
                raise UnreadableBody(f"the body is not gzip, as its Content-Encoding says: {error}") from error
            if len(content) > most_bytes:
                raise RequestEntityTooLarge(f"the body is larger than {most_bytes} bytes when it is decompressed")
            piece = member.unused_data
    if not member.eof:
        raise UnreadableBody("the body ends before its gzip data does")
    return bytes(content)

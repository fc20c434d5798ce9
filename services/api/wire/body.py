"""Reads request bodies: decompresses them within a limit and parses JSON and forms."""

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
# zlib copies whatever follows the end of a gzip member. A hostile body may have a member end every few bytes, so the
# input is cut into pieces.
_PIECE_BYTES = 4096
_DIGITS_TO_ZERO = bytes(ord("0") if 48 <= byte <= 57 else ord(" ") for byte in range(256))
# 18 digits always fit 64 bits.
_LONG_NUMBER = b"0" * 19
_BYTE_ORDER_MARK = "\ufeff".encode()


class UnsupportedEncoding(UnsupportedMediaType):
    """A Content-Encoding other than gzip; the response names the one that is supported (RFC 9110, 15.5.16)."""

    def get_headers(self, *request_details: Any) -> list[tuple[str, str]]:
        """Return the response headers, Accept-Encoding among them."""
        return [*super().get_headers(*request_details), ("Accept-Encoding", "gzip")]


def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body, decompressed if it was sent with gzip. Never holds more than `max_bytes` and one byte of it.

    Raises RequestEntityTooLarge above `max_bytes`, as sent or decompressed, UnsupportedEncoding and UnreadableBody.
    """
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedEncoding(f"the content encoding must be gzip or none, not {encoding[:40]}")
    # A body whose Content-Length is above the limit was not read (gateway/middleware.py).
    if (request.content_length or 0) > max_bytes or len(body := request.get_data(cache=False)) > max_bytes:
        raise RequestEntityTooLarge(f"the body is larger than {max_bytes} bytes")
    return _decompress(body, max_bytes) if encoding.endswith("gzip") else body


def decode_utf8(body: bytes) -> str:
    """Return the text of a body, without a byte order mark. Raises UnreadableBody."""
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"the body is not UTF-8: byte {error.start} cannot be decoded") from error


def parse_json(body: bytes) -> Any:
    """Return the parsed JSON of a body. Raises UnreadableBody."""
    with contextlib.suppress(ValueError):
        return parse_json_fast(body)
    text = decode_utf8(body)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableBody("the JSON is nested too deeply; a row is one flat object") from error
    except json.JSONDecodeError as error:
        several = "; send one JSON text a line as application/x-ndjson" if error.msg == "Extra data" else ""
        raise UnreadableBody(f"the body is not JSON: {error}{several}") from error
    except ValueError as error:
        raise UnreadableBody("the body holds a whole number of more digits than any float has") from error


def parse_json_fast(body: bytes) -> Any:
    """Return the parsed JSON of a body. Raises ValueError if only the standard library can parse it right.

    The standard library accepts NaN, which is then an error of its row, keeps whole numbers of more than 64 bits exact,
    and has better error messages.
    """
    if _LONG_NUMBER in body.translate(_DIGITS_TO_ZERO):
        raise ValueError("a number may be too long")
    return orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))


def is_plain_json(request: Request) -> bool:
    """Return whether the body is JSON and not a CloudEvent."""
    return request.is_json and not request.mimetype.startswith(cloudevents.MEDIA_TYPE)


def read_json(request: Request, max_bytes: int) -> Any:
    """Return the parsed JSON of the body, or an empty object for an empty body.

    Raises UnsupportedMediaType, and the exceptions of read_body.
    """
    # tritonclient sends no Content-Type.
    if request.content_type and not is_plain_json(request):
        raise UnsupportedMediaType(f"the content type must be application/json, not {request.content_type[:60]}")
    body = read_body(request, max_bytes)
    return parse_json(body) if body else {}


def read_fields(request: Request, max_bytes: int) -> list[tuple[str, str]]:
    """Return the name and the text of each field of a form, in the order sent. Raises the exceptions of read_body."""
    body = read_body(request, max_bytes)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise UnreadableBody("the form is not UTF-8") from error
    except ValueError as error:
        raise UnreadableBody(f"the form has more than {MAX_FIELDS} fields") from error


def _decompress(body: bytes, max_bytes: int) -> bytes:
    content, member = bytearray(), zlib.decompressobj(_GZIP)
    for start in range(0, len(body), _PIECE_BYTES):
        piece = body[start : start + _PIECE_BYTES]
        while piece:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            try:
                content += member.decompress(piece, max_bytes + 1 - len(content))
            except zlib.error as error:
                raise UnreadableBody(f"the body is not gzip, as its Content-Encoding says: {error}") from error
            if len(content) > max_bytes:
                raise RequestEntityTooLarge(f"the body is larger than {max_bytes} bytes when it is decompressed")
            piece = member.unused_data
    if not member.eof:
        raise UnreadableBody("the body ends before its gzip data does")
    return bytes(content)

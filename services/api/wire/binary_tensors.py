"""Tensors as raw bytes after the JSON of a request or a response.

Triton's extension: https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from petalstream.error_text import describe_value
from services.api.errors import WrongTensor

# The header of a request or a response whose JSON is followed by bytes: the length of the JSON.
HEADER = "Inference-Header-Content-Length"
OCTETS = "application/octet-stream"
SIZE = "binary_data_size"
_DTYPES: Mapping[str, str] = {
    "BOOL": "?",
    **{"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"},
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
}
_LENGTH = struct.Struct("<I")
_MOST_DIGITS = 18


class Blobs:
    """The bytes after the JSON of a request, from which each binary input takes its own in turn."""

    def __init__(self, content: bytes) -> None:
        self._content, self._taken = content, 0

    def take(self, title: str, size: object) -> bytes:
        """Return the next `size` bytes, which are those of an input. Raises WrongTensor."""
        if type(size) is not int or size < 0:
            raise WrongTensor(f"the {SIZE} of {title} must be a whole number of bytes, not {describe_value(size)}")
        found = self._content[self._taken : self._taken + size]
        if len(found) < size:
            raise WrongTensor(f"{title} has a {SIZE} of {size}, and {len(found)} bytes are left in the body")
        self._taken += size
        return found

    def require_empty(self) -> None:
        """Raise WrongTensor if there are bytes that no input has taken."""
        if left := len(self._content) - self._taken:
            raise WrongTensor(f"{left} bytes of the body belong to no input; each binary input needs its {SIZE}")


def split_body(body: bytes, header: str | None) -> tuple[bytes, Blobs]:
    """Return the JSON of a body, and the bytes after it if the header says how long the JSON is. Raises WrongTensor."""
    if header is None:
        return body, Blobs(b"")
    if not header.isdecimal() or len(header) > _MOST_DIGITS or int(header) > len(body):
        raise WrongTensor(f"{HEADER} must be the length of the JSON, {len(body)} bytes at most, not {header[:40]!r}")
    return body[: int(header)], Blobs(body[int(header) :])


def decode(
    title: str, datatype: str, shape: Sequence[int], blob: bytes
) -> tuple[list[Any], NDArray[np.float64] | None]:
    """Return the elements, and for numbers that are all finite an array of them too. Raises WrongTensor."""
    count = math.prod(shape)
    if datatype == "BYTES":
        values = list(_texts(title, blob))
        if len(values) != count:
            raise WrongTensor(f"the shape {list(shape)} of {title} asks for {count} elements, not {len(values)}")
        return values, None
    dtype = np.dtype(_DTYPES[datatype])
    if len(blob) != count * dtype.itemsize:
        raise WrongTensor(
            f"the shape {list(shape)} of {title} asks for {count * dtype.itemsize} bytes of {datatype}, not {len(blob)}"
        )
    if datatype == "BOOL" and set(blob) - {0, 1}:
        raise WrongTensor(f"{title} is BOOL, of which each byte is 0 or 1")
    array = np.frombuffer(blob, dtype)
    is_number = datatype != "BOOL" and bool(np.isfinite(array).all())
    return array.tolist(), array.astype(np.float64) if is_number else None


def encode(values: Sequence[str] | NDArray[np.float64]) -> bytes:
    """Return texts as BYTES, or an array as FP64."""
    if isinstance(values, np.ndarray):
        return values.astype("<f8").tobytes()
    elements = {text: _encode_text(text.encode()) for text in set(values)}
    return b"".join([elements[text] for text in values])


def _encode_text(text: bytes) -> bytes:
    return _LENGTH.pack(len(text)) + text


def _texts(title: str, blob: bytes) -> Iterator[str]:
    """Yield the elements of BYTES: each is its length in four bytes, the least significant first, and its bytes."""
    at = 0
    while at < len(blob):
        end = at + _LENGTH.size
        length = _LENGTH.unpack_from(blob, at)[0] if end <= len(blob) else 0
        if end + length > len(blob):
            raise WrongTensor(f"{title} ends within an element: BYTES have a length of 4 bytes before each")
        try:
            yield blob[end : end + length].decode()
        except UnicodeDecodeError:
            raise WrongTensor(f"{title} has an element that is no UTF-8") from None
        at = end + length

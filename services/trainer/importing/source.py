"""What the file or folder is that shall be imported, found out without opening any pickle."""

import bz2
import lzma
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.files import read_model
from services.trainer.importing import mlflow_folder

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_PROTOCOLS = (b"\x02", b"\x03", b"\x04", b"\x05")


class Kind(StrEnum):
    """The kinds of files that hold a fitted model."""

    ONNX = "ONNX"
    SKOPS = "skops"
    PICKLE = "joblib"


@dataclass(frozen=True)
class Source:
    """The content of the file that holds the model, and the versions that its folder tells of."""

    kind: Kind
    name: str
    content: bytes
    made_with: Mapping[str, str] = field(default_factory=dict)


def find_source(path: Path) -> Source:
    """Return what is in a file, or in a folder that mlflow has written. Raises FittedError."""
    if not path.is_dir():
        content = read_model(path)
        return Source(_kind_of(content, path.name), path.name, content)
    found = mlflow_folder.read(path)
    name = f"{path.resolve().name}/{found.file}"
    kind = _kind_of(found.content, name)
    if (kind is Kind.ONNX) != found.is_onnx:
        raise FittedError(f"{name} is a {kind} file, and MLmodel says something else")
    return Source(kind, name, found.content, found.made_with)


def _kind_of(content: bytes, name: str) -> Kind:
    """Return the kind of a file by its first bytes. Raises FittedError for one that surely is none."""
    if content.startswith(_ZIP):
        return Kind.SKOPS
    start = _first_bytes(content)
    if start[:1] == _PICKLE and start[1:2] in _PROTOCOLS:
        return Kind.PICKLE
    if start is not content:
        raise FittedError(f"{name} is compressed and no joblib file: unpack it, and import what is in it")
    # A graph begins with no fixed bytes: whether this is one is found out when it is read.
    return Kind.ONNX


def _first_bytes(content: bytes) -> bytes:
    """Return the content, or if joblib has compressed it the first two bytes within."""
    try:
        if content.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
            return zlib.decompressobj(wbits=47).decompress(content, 2) or b"  "
        if content.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(content, 2) or b"  "
        if content.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
            return lzma.LZMADecompressor().decompress(content, max_length=2) or b"  "
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b"  "
    return content

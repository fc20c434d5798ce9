"""Unpacks compressed record batches in place of kafka-python 3.0.12, within a bound of memory."""

import gzip
import io
import mmap
import struct
import zlib
from collections.abc import Callable
from typing import Any

from kafka.record.default_records import DefaultRecordBatch

from petalstream.broker.errors import UnsupportedCodecError

# A batch has 1 MiB unless its topic takes more; JSON objects compress to a tenth or so.
MOST_BYTES = 32 * 1024 * 1024
GZIP = DefaultRecordBatch.CODEC_GZIP
NAMES = {
    GZIP: "gzip",
    DefaultRecordBatch.CODEC_SNAPPY: "snappy",
    DefaultRecordBatch.CODEC_LZ4: "lz4",
    DefaultRecordBatch.CODEC_ZSTD: "zstd",
}
# Java's producers write snappy in blocks after this header of 16 bytes, each block after its length.
XERIAL, XERIAL_BYTES, LENGTH = b"\x82SNAPPY\x00", 16, struct.Struct(">i")


def bound_unpacking() -> None:
    """Make all clients unpack a batch with unpack(), in every codec of Kafka."""
    DefaultRecordBatch._maybe_uncompress = _unpack_once


def unpack(codec: int, packed: memoryview) -> bytes:
    """Return the records of a batch. Raises UnsupportedCodecError, and ValueError beyond MOST_BYTES."""
    if codec not in NAMES:
        raise UnsupportedCodecError(f"codec {codec} is unknown")
    try:
        return _gzip(packed) if codec == GZIP else _with_cramjam(NAMES[codec], packed)
    except (ValueError, OSError, EOFError, struct.error, zlib.error) as error:
        at_most = f"{MOST_BYTES // 1024 // 1024} MiB"
        raise ValueError(f"{len(packed)} bytes of {NAMES[codec]} are not unpacked into {at_most}: {error}") from error


def _unpack_once(batch: Any) -> None:
    if not batch._decompressed and batch.compression_type != batch.CODEC_NONE:
        batch._buffer, batch._pos = unpack(batch.compression_type, memoryview(batch._buffer)[batch._pos :]), 0
    batch._decompressed = True


def _gzip(packed: memoryview) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        unpacked = file.read(MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise ValueError("they are more")
    return unpacked


def _with_cramjam(name: str, packed: memoryview) -> bytes:
    try:
        import cramjam  # only a consumer needs it, and only of a topic that others have compressed
    except ImportError:
        raise UnsupportedCodecError(
            f"{name} needs the package cramjam: pip install -c constraints.txt cramjam"
        ) from None
    into: dict[str, Callable[[Any, Any], int]] = {
        "snappy": cramjam.snappy.decompress_raw_into,
        "lz4": cramjam.lz4.decompress_into,
        "zstd": cramjam.zstd.decompress_into,
    }
    # The system gives only the pages that are written to.
    with mmap.mmap(-1, MOST_BYTES) as space:
        try:
            is_in_blocks = name == "snappy" and bytes(packed[: len(XERIAL)]) == XERIAL
            size = _blocks(into[name], packed, space) if is_in_blocks else into[name](packed, space)
        except cramjam.DecompressionError as error:
            raise ValueError(str(error)) from None
        return space[:size]


def _blocks(into: Callable[[Any, Any], int], packed: memoryview, space: mmap.mmap) -> int:
    at, size = XERIAL_BYTES, 0
    with memoryview(space) as whole:
        while at < len(packed):
            (length,) = LENGTH.unpack_from(packed, at)
            at += LENGTH.size
            with whole[size:] as left:
                size += into(packed[at : at + length], left)
            at += length
    return size

"""Compressed record batches: every codec of Kafka is unpacked, and none beyond a bound of memory."""

import gzip
import struct
import sys
from collections.abc import Callable

import pytest
from kafka import codec as kafka_codec
from kafka.record.default_records import DefaultRecordBatch

from petalstream.broker import UnsupportedCodecError
from petalstream.broker.kafka_python import codecs

cramjam = pytest.importorskip("cramjam", reason="the consumer's requirements install cramjam")
RECORDS = b'{"sepal_length": 5.1, "sepal_width": 3.5}' * 5_000
SNAPPY = DefaultRecordBatch.CODEC_SNAPPY


def snappy(records: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(records))


def snappy_in_blocks(records: bytes) -> bytes:
    """As Java's producers write it."""
    blocks = [snappy(records[first : first + 32_768]) for first in range(0, len(records), 32_768)]
    return codecs.XERIAL + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(each)) + each for each in blocks)


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (DefaultRecordBatch.CODEC_GZIP, gzip.compress),
    "snappy": (SNAPPY, snappy),
    "snappy in blocks": (SNAPPY, snappy_in_blocks),
    "lz4": (DefaultRecordBatch.CODEC_LZ4, lambda records: bytes(cramjam.lz4.compress(records))),
    "zstd": (DefaultRecordBatch.CODEC_ZSTD, lambda records: bytes(cramjam.zstd.compress(records))),
}
each_codec = pytest.mark.parametrize(("codec", "packed"), CODECS.values(), ids=CODECS)
Pack = Callable[[bytes], bytes]


@each_codec
def test_records_are_unpacked_byte_for_byte(codec: int, packed: Pack) -> None:
    assert codecs.unpack(codec, memoryview(packed(RECORDS))) == RECORDS


@each_codec
def test_records_that_just_fit_are_unpacked_and_one_byte_more_is_refused(
    codec: int, packed: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codecs, "MOST_BYTES", 1024 * 1024)
    just = bytes(1024 * 1024)
    assert codecs.unpack(codec, memoryview(packed(just))) == just
    with pytest.raises(ValueError, match="are not unpacked into 1 MiB"):
        codecs.unpack(codec, memoryview(packed(just + b"x")))


@each_codec
@pytest.mark.parametrize("cut", [1, 10, 100])
def test_what_is_cut_off_is_refused(codec: int, packed: Pack, cut: int) -> None:
    whole = packed(RECORDS)
    with pytest.raises(ValueError, match="are not unpacked"):
        codecs.unpack(codec, memoryview(whole[:-cut]))


@each_codec
def test_other_bytes_are_refused(codec: int, packed: Pack) -> None:
    for other in (b"x" * 50, codecs.XERIAL + b"\xff" * 40):
        with pytest.raises(ValueError, match="are not unpacked"):
            codecs.unpack(codec, memoryview(other))


def test_a_codec_that_kafka_does_not_have_is_named() -> None:
    with pytest.raises(UnsupportedCodecError, match="codec 7 is unknown"):
        codecs.unpack(7, memoryview(b""))


@pytest.mark.parametrize("codec", [SNAPPY, DefaultRecordBatch.CODEC_LZ4, DefaultRecordBatch.CODEC_ZSTD])
def test_without_its_package_a_codec_says_what_to_install(codec: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cramjam", None)
    with pytest.raises(UnsupportedCodecError, match=r"needs the package cramjam: pip install"):
        codecs.unpack(codec, memoryview(b""))


def test_the_client_itself_still_unpacks_without_a_bound() -> None:
    # When this fails, a newer client may need no bound of ours.
    assert len(kafka_codec.gzip_decode(gzip.compress(bytes(codecs.MOST_BYTES + 1)))) > codecs.MOST_BYTES

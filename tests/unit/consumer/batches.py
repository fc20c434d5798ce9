"""Record batches as a broker hands them over, and what the patched client reads of them."""

import struct

from kafka import TopicPartition
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from petalstream.broker import UnreadableRecords
from petalstream.broker.kafka_python.workarounds import Records

PARTITION = TopicPartition("iris.requests", 3)
# Where these fields lie in a record batch, version 2 (kafka.apache.org/documentation/#recordbatch).
LENGTH, EPOCH, FORMAT, CHECKSUM, ATTRIBUTES, LAST_OFFSET_DELTA = 8, 12, 16, 17, 21, 23


def batch(first: int, count: int = 3) -> bytes:
    """A batch of so many records from offset `first` on."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=10_000)
    for number in range(count):
        builder.append(1_000, b"key", b"value %d" % number, [("name", b"held")])
    builder.close()
    return first.to_bytes(8, "big") + bytes(builder.buffer()[8:])


def altered(raw: bytes, field: int, number: int) -> bytes:
    """A batch with another number in a field of four bytes."""
    return raw[:field] + struct.pack(">i", number) + raw[field + 4 :]


def checked(raw: bytes) -> bytes:
    """A batch with the checksum that its bytes should have."""
    return raw[:CHECKSUM] + struct.pack(">I", calc_crc32c(raw[ATTRIBUTES:])) + raw[ATTRIBUTES:]


def taken(wanted: int, *batches: bytes) -> list[int]:
    """The offsets that one take of the patched client gives of a fetch from `wanted` on. Raises UnreadableRecords."""
    return [record.offset for record in Records(wanted, PARTITION, MemoryRecords(b"".join(batches))).take(100)]


def read_on(*batches: bytes, end: int) -> tuple[list[int], list[int]]:
    """The offsets that are read of a log up to its end, and those that are given up.

    Each fetch begins where the last one ended, and, as a broker does, with the first batch that ends, by its own word,
    behind what is wanted.
    """
    wanted = int.from_bytes(batches[0][:8], "big")
    read: list[int] = []
    lost: list[int] = []
    while wanted < end and (found := [number for number, raw in enumerate(batches) if _end(raw) > wanted]):
        records = Records(wanted, PARTITION, MemoryRecords(b"".join(batches[found[0] :])))
        try:
            while records:
                read += [record.offset for record in records.take(100)]
        except UnreadableRecords as error:
            wanted = max(error.first + 1, min(error.next, end))
            lost += range(error.first, wanted)
        else:
            wanted = records.next_fetch_offset
    return read, lost


def _end(raw: bytes) -> int:
    (delta,) = struct.unpack_from(">i", raw, LAST_OFFSET_DELTA)
    return int.from_bytes(raw[:8], "big") + int(delta) + 1

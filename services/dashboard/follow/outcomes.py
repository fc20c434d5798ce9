"""Reads the headers of outcomes: which request each one is of."""

from collections.abc import Sequence
from typing import NamedTuple

from petalstream.broker import Batch, Entry
from petalstream.latency import latency
from services.dashboard.ledger.partition_account import Kind

# Topic, partition, offset and timestamp of the request; and the reason of a dead letter.
NAMES = {
    Kind.PREDICTION: (b"source_topic", b"source_partition", b"source_offset", b"source_timestamp"),
    Kind.DEAD_LETTER: (
        b"dead_letter_topic",
        b"dead_letter_partition",
        b"dead_letter_offset",
        b"dead_letter_timestamp",
        b"dead_letter_reason",
    ),
}
# More digits than a number of 8 bytes has that is no overflow.
MOST_DIGITS = 18


class Outcomes(NamedTuple):
    """The outcomes of one batch whose requests are in one partition, with the offsets of their requests."""

    batch: Batch
    partition: int
    offsets: Sequence[int]
    entries: Sequence[Entry]


def read_outcomes(batch: Batch, kind: Kind, topic: str) -> list[Outcomes]:
    """Return the outcomes of requests in `topic`; what names none is left out. Raises UnreadableRecords."""
    found: dict[bytes, tuple[list[int], list[Entry]]] = {}
    wanted = topic.encode()
    for entry in batch.entries(NAMES[kind]):
        named, partition, offset = entry.values[:3]
        if named == wanted and partition and offset and offset.isdigit() and len(offset) <= MOST_DIGITS:
            if partition not in found:
                found[partition] = [], []
            offsets, entries = found[partition]
            offsets.append(int(offset))
            entries.append(entry)
    return [Outcomes(batch, int(number), *each) for number, each in found.items() if is_number(number)]


def latencies(entries: Sequence[Entry]) -> list[int]:
    """Return the milliseconds from each request's timestamp to its outcome's; those that can be none are left out."""
    timed = [latency(int(sent), entry.timestamp) for entry in entries if (sent := entry.values[3]) and is_number(sent)]
    return [found for found in timed if found is not None]


def is_number(digits: bytes) -> bool:
    """Whether a header's value is a whole number that a signed integer of 8 bytes can hold."""
    return digits.isdigit() and len(digits) <= MOST_DIGITS

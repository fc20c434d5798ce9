"""Batches as a broker returns them, encoded by kafka-python and decoded by the code under test."""

import json
from collections.abc import Mapping, Sequence

from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from petalstream.broker import Batch

Headers = list[tuple[str, bytes]]
Row = tuple[int, int, bytes | None, bytes | None, Headers]  # offset, timestamp, key, value, headers


def batch(topic: str, partition: int, rows: Sequence[Row], compression: int = 0) -> Batch:
    """Return a batch with these records; offsets may have gaps, as after compaction."""
    first = rows[0][0]
    builder = DefaultRecordBatchBuilder(2, compression, False, -1, -1, -1, 10_000_000)
    for offset, timestamp, key, value, headers in rows:
        builder.append(offset - first, timestamp, key, value, headers)
    content = bytearray(builder.build())
    content[:8] = first.to_bytes(8, "big")
    return Batch(topic, partition, DefaultRecordBatch(content))


def requests(partition: int, offsets: Sequence[int], sent: int, model: str = "iris") -> Batch:
    """Return a batch of requests that were sent at `sent` (milliseconds since 1970)."""
    return batch(f"{model}.requests", partition, [(offset, sent, b"63", b"{}", []) for offset in offsets])


def source(partition: int, offset: int, sent: int, model: str = "iris") -> Headers:
    """Return the headers that name a prediction's request."""
    found = {"topic": f"{model}.requests", "partition": partition, "offset": offset, "timestamp": sent}
    return [(f"source_{name}", str(value).encode()) for name, value in found.items()]


def prediction(content: Mapping[str, object]) -> bytes:
    """Return the value of a prediction."""
    features = {"sepal_length": 5.9}
    return json.dumps(
        {"model": "iris", "version": "1", "prediction": content, "features": features, "warnings": []}
    ).encode()


def predictions(
    partition: int,
    offsets: Sequence[int],
    sent: int,
    made: int,
    label: str = "versicolor",
    expected: str | None = None,
    first: int = 0,
) -> Batch:
    """Return a batch of predictions of the requests at `offsets`, each with a key of its own."""
    known = [("expected", expected.encode())] if expected else []
    value = prediction({"label": label, "probabilities": {label: 0.75}})
    rows: list[Row] = [
        (first + index, made, b"%d" % offset, value, [*known, *source(partition, offset, sent)])
        for index, offset in enumerate(offsets)
    ]
    return batch("iris.predictions", partition, rows)


def dead_letters(partition: int, offsets: Sequence[int], sent: int, made: int, reason: str = "undecodable") -> Batch:
    """Return a batch of dead letters of the requests at `offsets`, whose values are hostile bytes."""
    rows: list[Row] = []
    for index, offset in enumerate(offsets):
        headers = {
            "reason": reason,
            "message": "not JSON",
            "topic": "iris.requests",
            "partition": partition,
            "offset": offset,
            "timestamp": sent,
            "attempts": 0,
        }
        written = [(f"dead_letter_{name}", str(value).encode()) for name, value in headers.items()]
        rows.append((index, made, None, b"<script>\x1b[2J", written))
    return batch("iris.dead-letters", partition, rows)

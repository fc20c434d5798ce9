"""Reads the values of some predictions and of the last dead letters."""

import random
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from petalstream.broker import Batch, Entry, UnreadableRecords, WholeRecord
from petalstream.dead_letters import DeadLetter
from petalstream.latency import latency, possible_time
from petalstream.messages import coordinates
from petalstream.model.votes import in_votes
from petalstream.printable import printable, printable_bytes
from petalstream.readable import finite_number, readable
from services.dashboard.follow.outcomes import Outcomes, is_number
from services.dashboard.snapshot import DeadLetterRow, PredictionRow
from services.dashboard.statistics.bucket import Bucket
from services.dashboard.statistics.keys import Keys

LAST = 20
MOST_FEATURES = 40
# Of the value of a dead letter.
MOST_CHARACTERS = 400
NULL = "(null)"


class Read(NamedTuple):
    """An outcome of which only headers are read, and its batch."""

    batch: Batch
    entry: Entry


def pick(groups: Sequence[Outcomes], most: int) -> list[Read]:
    """Return up to `most` of the outcomes at random, in their order: a fixed step would follow a pattern in them."""
    begins = list(accumulate((len(group.entries) for group in groups), initial=0))
    chosen: Iterable[int] = range(begins[-1])
    if begins[-1] > most:
        chosen = sorted(random.sample(range(begins[-1]), most))
    found = []
    for index in chosen:
        number = bisect_right(begins, index) - 1
        found.append(Read(groups[number].batch, groups[number].entries[index - begins[number]]))
    return found


class Values:
    """The last predictions and dead letters, and what is counted of sampled values."""

    def __init__(self) -> None:
        self.predictions: deque[PredictionRow] = deque(maxlen=LAST)
        self.dead_letters: deque[DeadLetterRow] = deque(maxlen=LAST)
        self.keys = Keys()
        self.unit = ""

    def add_prediction(self, read: Read, bucket: Bucket, now: float) -> None:
        """Read one prediction; one that is not as the consumer writes them is passed over."""
        try:
            self._add_prediction(read, bucket, now)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, UnreadableRecords):
            return

    def _add_prediction(self, read: Read, bucket: Bucket, now: float) -> None:
        record = read.batch.record(read.entry)
        content = orjson.loads(record.value or b"")
        expected = _header(record, "expected")
        compared = bucket.compared
        outcome, is_right = self._count(content["prediction"], expected, bucket)
        if bucket.compared > compared:
            self.keys.add(record.key, now)
        sent = read.entry.values[3] or b""
        self.predictions.append(
            PredictionRow(
                request=_request(read.entry),
                at=possible_time(record.timestamp, now),
                latency_ms=latency(int(sent), record.timestamp) if is_number(sent) else None,
                features=_features(content.get("features")),
                outcome=outcome,
                expected=None if expected is None else printable(expected),
                is_right=is_right,
                version=printable(str(content["version"]), 20),
            )
        )

    def add_dead_letter(self, read: Read, model: str, now: float) -> None:
        """Read one dead letter; one that is not as the consumer writes them is passed over."""
        try:
            record = read.batch.record(read.entry)
            letter = DeadLetter.read(record)
        except (ValueError, UnreadableRecords):
            return
        value = record.value
        self.dead_letters.append(
            DeadLetterRow(
                request=printable(f"{letter.topic}[{letter.partition}]@{letter.offset}"),
                at=possible_time(record.timestamp, now),
                reason=printable(letter.reason, 40),
                message=printable(letter.message, 300),
                attempts=letter.attempts,
                value=NULL if value is None else printable_bytes(value, MOST_CHARACTERS),
                size=len(value or b""),
                place=coordinates(record),
                replay=f'make replay MODEL={model} ARGS="--offset {record.partition}:{record.offset}"',
            )
        )

    def _count(self, prediction: Mapping[str, Any], expected: str | None, bucket: Bucket) -> tuple[str, bool | None]:
        """Count a prediction; return it in words, and whether it is right, None where that is not known."""
        if "value" in prediction:
            predicted, true = float(prediction["value"]), finite_number(expected or "")
            self.unit = printable(str(prediction.get("unit", "")), 20)
            bucket.add_number(predicted, true)
            words = readable(predicted, self.unit)
            if "interval" not in prediction:
                return words, None
            low, high = map(float, prediction["interval"])
            return f"{words} ({readable(low)} to {readable(high)})", None if true is None else low <= true <= high
        label = printable(str(prediction["label"]))
        bucket.add_label(label, None if expected is None else printable(expected))
        is_right = None if expected is None else prediction["label"] == expected
        share = prediction.get("probabilities", {}).get(prediction["label"])
        if share is None:
            return label, is_right
        votes = in_votes(prediction["label"], share, list(prediction.get("votes", {}).values()))
        return f"{label} {printable(votes or f'{float(share):.1%}')}", is_right


def _request(entry: Entry) -> str:
    topic, partition, offset = (value or b"" for value in entry.values[:3])
    return printable(f"{topic.decode(errors='replace')}[{partition.decode()}]@{offset.decode()}", 300)


def _header(record: WholeRecord, name: str) -> str | None:
    found = [value for header, value in record.headers if header == name and value is not None]
    return found[-1].decode(errors="replace") if found else None


def _features(features: object) -> dict[str, Any]:
    if not isinstance(features, dict):
        return {}
    shown = list(features.items())[:MOST_FEATURES]
    return {printable(name): printable(value) if isinstance(value, str) else value for name, value in shown}

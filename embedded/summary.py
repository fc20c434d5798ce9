"""What became of every record of a run, from the topics alone."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from petalstream import broker
from petalstream.messages import ReceivedRecord, dead_letters_topic, predictions_topic, requests_topic

Place = tuple[int, int]


@dataclass(frozen=True)
class Summary:
    """Counts of one model's records; latencies are in milliseconds, `rate` in predictions a second.

    `missing` are the requests without an outcome, `duplicates` the outcomes beyond the first of a request.
    """

    sent: int
    predicted: int
    dead_lettered: int
    missing: Sequence[Place]
    duplicates: int
    accuracy: float | None
    p50: float | None
    p99: float | None
    rate: float | None

    @classmethod
    def of(
        cls,
        requests: Sequence[ReceivedRecord],
        predictions: Sequence[ReceivedRecord],
        dead_letters: Sequence[ReceivedRecord],
    ) -> Self:
        """Match requests with what came back, by the partition and offset that predictions and dead letters name."""
        sent = {(record.partition, record.offset): record for record in requests}
        predicted = {_source(record, "source"): record for record in predictions}
        dead = {_source(record, "dead_letter") for record in dead_letters}
        latencies = [record.timestamp - sent[place].timestamp for place, record in predicted.items() if place in sent]
        return cls(
            sent=len(sent),
            predicted=len(predicted),
            dead_lettered=len(dead),
            missing=sorted(sent.keys() - predicted.keys() - dead),
            duplicates=len(predictions) + len(dead_letters) - len(predicted.keys() | dead),
            accuracy=_accuracy(list(predicted.values())),
            p50=statistics.median(latencies) if latencies else None,
            p99=statistics.quantiles(latencies, n=100, method="inclusive")[98] if len(latencies) > 1 else None,
            rate=_rate(requests, predictions),
        )

    @classmethod
    def read(cls, bootstrap_servers: str, model: str) -> Self:
        """The summary of all that is in the model's three topics now."""
        topics = (requests_topic(model), predictions_topic(model), dead_letters_topic(model))
        return cls.of(*(list(broker.read_topic(bootstrap_servers, topic)) for topic in topics))

    @property
    def complete(self) -> bool:
        """Whether something was sent and all of it came back."""
        return self.sent > 0 and not self.missing

    def __str__(self) -> str:
        def shown(value: float | None, form: str) -> str:
            return "-" if value is None else format(value, form)

        lost = f", {len(self.missing)} MISSING: {list(self.missing)[:10]} (partition, offset)" if self.missing else ""
        return (
            f"sent {self.sent}, predicted {self.predicted}, dead-lettered {self.dead_lettered}{lost}\n"
            f"accuracy {shown(self.accuracy, '.3f')}, latency p50 {shown(self.p50, '.0f')} ms,"
            f" p99 {shown(self.p99, '.0f')} ms, rate {shown(self.rate, '.1f')} records/s"
        )


def _headers(record: ReceivedRecord) -> Mapping[str, str]:
    return {name: value.decode(errors="replace") for name, value in record.headers if value is not None}


def _source(record: ReceivedRecord, prefix: str) -> Place:
    headers = _headers(record)
    return int(headers[f"{prefix}_partition"]), int(headers[f"{prefix}_offset"])


def _accuracy(predictions: Sequence[ReceivedRecord]) -> float | None:
    """The share of right labels among the predictions whose true label is known."""
    known = [record for record in predictions if "expected" in _headers(record)]
    if not known:
        return None
    right = [
        record
        for record in known
        if json.loads(record.value or b"")["prediction"]["label"] == _headers(record)["expected"]
    ]
    return len(right) / len(known)


def _rate(requests: Sequence[ReceivedRecord], predictions: Sequence[ReceivedRecord]) -> float | None:
    if not requests or not predictions:
        return None
    milliseconds: int = max(record.timestamp for record in predictions) - min(record.timestamp for record in requests)
    return 1000 * len(predictions) / milliseconds if milliseconds else None

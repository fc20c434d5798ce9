"""What became of every record of a run, from the topics alone."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from embedded.agreement import accuracy, accuracy_interval, headers, mean_absolute_error
from petalstream import broker
from petalstream.latency import latency
from petalstream.messages import ReceivedRecord, dead_letters_topic, predictions_topic, requests_topic

Place = tuple[int, int]


@dataclass(frozen=True)
class Summary:
    """Counts of one model's records; latencies are in milliseconds, `rate` in predictions a second.

    `missing` are the requests without an outcome, `duplicates` the outcomes beyond the first of a request, `untimed`
    the predictions of requests whose timestamp gives no latency. `accuracy` is of labels, with its 95 % interval unless
    rows were sent again, and `mean_absolute_error` of numbers, with its unit.
    """

    sent: int
    predicted: int
    dead_lettered: int
    missing: Sequence[Place]
    duplicates: int
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    mean_absolute_error: str
    p50: float | None
    p99: float | None
    untimed: int
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
        pairs = [(sent[place].timestamp, record.timestamp) for place, record in predicted.items() if place in sent]
        timed = [(pair, found) for pair in pairs if (found := latency(*pair)) is not None]
        latencies = [found for _, found in timed]
        return cls(
            sent=len(sent),
            predicted=len(predicted),
            dead_lettered=len(dead),
            missing=sorted(sent.keys() - predicted.keys() - dead),
            duplicates=len(predictions) + len(dead_letters) - len(predicted.keys() | dead),
            accuracy=accuracy(list(predicted.values())),
            accuracy_interval=accuracy_interval(list(predicted.values())),
            mean_absolute_error=mean_absolute_error(list(predicted.values())),
            p50=statistics.median(latencies) if latencies else None,
            p99=statistics.quantiles(latencies, n=100, method="inclusive")[98] if len(latencies) > 1 else None,
            untimed=len(pairs) - len(timed),
            rate=_rate([pair for pair, _ in timed]),
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
        interval = " (95% interval {:.3f} to {:.3f})".format(*self.accuracy_interval) if self.accuracy_interval else ""
        error = f"mean absolute error {self.mean_absolute_error}" if self.mean_absolute_error else ""
        untimed = f"\n{self.untimed} with a timestamp that gives no latency" if self.untimed else ""
        return (
            f"sent {self.sent}, predicted {self.predicted}, dead-lettered {self.dead_lettered}{lost}\n"
            f"{error or 'accuracy ' + shown(self.accuracy, '.3f') + interval}, latency p50 {shown(self.p50, '.0f')} ms,"
            f" p99 {shown(self.p99, '.0f')} ms, rate {shown(self.rate, '.1f')} records/s{untimed}"
        )


def _source(record: ReceivedRecord, prefix: str) -> Place:
    found = headers(record)
    return int(found[f"{prefix}_partition"]), int(found[f"{prefix}_offset"])


def _rate(times: Sequence[tuple[int, int]]) -> float | None:
    """Predictions a second, from when each was asked for and made, in milliseconds."""
    if not times:
        return None
    milliseconds = max(end for _, end in times) - min(begin for begin, _ in times)
    return 1000 * len(times) / milliseconds if milliseconds > 0 else None

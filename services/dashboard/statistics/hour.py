"""The last hour of a model, minute by minute, and the rates of the last seconds."""

from collections.abc import Iterator

from services.dashboard.snapshot import Minute
from services.dashboard.statistics.bucket import Bucket
from services.dashboard.statistics.latencies import quantile

MINUTES, MINUTE_SECONDS = 60, 60
RATE_SECONDS = 10


class Hour:
    """Buckets of the minutes of the last hour. Times are in seconds since 1970."""

    def __init__(self) -> None:
        self._buckets: dict[int, Bucket] = {}
        self._views: dict[int, Minute] = {}
        self._closed: tuple[int, Bucket] | None = None
        # Requests and outcomes of each of the last seconds.
        self._seconds: dict[int, list[int]] = {}
        # When the last request was sent.
        self.last_request: float | None = None

    def bucket(self, time: float, now: float) -> Bucket:
        """Return the bucket of a time; a time of the future counts as now, one that is over an hour ago is dropped."""
        minute, current = int(min(time, now) // MINUTE_SECONDS), int(now // MINUTE_SECONDS)
        if minute <= current - MINUTES:
            return Bucket()
        if minute < current:
            self._closed = None
        self._views.pop(minute, None)
        if minute not in self._buckets:
            self._buckets = {number: each for number, each in self._buckets.items() if number > current - MINUTES}
            self._buckets[minute] = Bucket()
        return self._buckets[minute]

    def count_second(self, time: float, now: float, requests: int, outcomes: int) -> None:
        """Count requests and outcomes for the rates."""
        if requests:
            self.last_request = max(self.last_request or 0.0, min(time, now))
        second, current = int(min(time, now)), int(now)
        if second < current - RATE_SECONDS:
            return
        if second not in self._seconds:
            self._seconds = {at: each for at, each in self._seconds.items() if at >= current - RATE_SECONDS}
        counts = self._seconds.setdefault(second, [0, 0])
        counts[0] += requests
        counts[1] += outcomes

    def rates(self, now: float) -> tuple[float, float]:
        """Return requests and outcomes a second, in the last RATE_SECONDS that are over."""
        current = int(now)
        counts = [each for second, each in self._seconds.items() if current - RATE_SECONDS <= second < current]
        return sum(each[0] for each in counts) / RATE_SECONDS, sum(each[1] for each in counts) / RATE_SECONDS

    def recent(self, now: float) -> Bucket:
        """Return the counts of this minute and the one before it."""
        current, total = int(now // MINUTE_SECONDS), Bucket()
        for minute in (current - 1, current):
            total.add(self._buckets.get(minute, Bucket()))
        return total

    def total(self, now: float) -> Bucket:
        """Return the counts of the last hour."""
        current, total = int(now // MINUTE_SECONDS), Bucket()
        if self._closed is None or self._closed[0] != current:
            closed = Bucket()
            for minute, bucket in self._buckets.items():
                if current - MINUTES < minute < current:
                    closed.add(bucket)
            self._closed = current, closed
        total.add(self._closed[1])
        total.add(self._buckets.get(current, Bucket()))
        return total

    def minutes(self, now: float) -> tuple[Minute, ...]:
        """Return the last MINUTES minutes, the oldest first; a minute without records has zeros."""
        return tuple(self._minutes(int(now // MINUTE_SECONDS)))

    def _minutes(self, current: int) -> Iterator[Minute]:
        for minute in range(current - MINUTES + 1, current + 1):
            if minute not in self._buckets:
                yield _view(minute, Bucket())
                continue
            if minute not in self._views:
                self._views[minute] = _view(minute, self._buckets[minute])
            yield self._views[minute]
        self._views = {minute: view for minute, view in self._views.items() if minute in self._buckets}


def _view(minute: int, bucket: Bucket) -> Minute:
    return Minute(
        begin=float(minute * MINUTE_SECONDS),
        requests=bucket.requests,
        predictions=bucket.predictions,
        dead_letters=bucket.dead_letters.total(),
        p50_ms=quantile(bucket.latencies, 0.5),
        p99_ms=quantile(bucket.latencies, 0.99),
        classes=dict(bucket.classes),
    )

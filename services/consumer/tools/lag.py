"""Shows how far the consumer is behind, in records and in seconds, and how long it takes to catch up."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from petalstream.broker import Admin, Lag, PartitionBacklog, ask_lags, backlogs
from petalstream.latency import age
from petalstream.messages import REQUEST_TOPICS
from services.consumer.output import text

PACE_SECONDS = 3
HEADINGS = ("topic", "partition", "begin", "committed", "stable", "end", "lag", "blocked", "seconds behind")
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@dataclass
class Pace:
    """Offsets that were committed and that were written in one topic in some time."""

    scored: int = 0
    written: int = 0


def report(servers: str, group: str) -> Iterator[str]:
    """Yield the lag of `group`, partition by partition, and after 3 s how fast it changes. Raises KafkaError."""
    topics = REQUEST_TOPICS.pattern
    with closing(Admin(servers)) as admin:
        before, began = ask_lags(admin, group, topics), time.monotonic()
        if not before:
            yield "no topic of requests yet"
            return
        found = backlogs(servers, before)
        yield from table(found, time.time())
        if any(each.records for each in found):
            time.sleep(max(0.0, began + PACE_SECONDS - time.monotonic()))
            after, seconds = ask_lags(admin, group, topics), time.monotonic() - began
            yield from forecasts(found, paces(before, after), seconds)


def table(found: Sequence[PartitionBacklog], now: float) -> Iterator[str]:
    """Yield a line for each partition and one for all; `now` is in seconds since 1970."""
    rows = [_row(each, now) for each in found]
    exact = all(each.is_exact for each in found)
    blocked = sum(each.blocked.records for each in found)
    total = ("total", "", "", "", "", "", _count(sum(each.records for each in found), exact), str(blocked), "")
    yield from text.table([HEADINGS, *rows, total], right=range(1, len(HEADINGS)))
    if not exact:
        yield "≤: at most so many; some of these offsets may hold no record"
    if blocked:
        yield "blocked: behind an open transaction, and not readable before it ends"


def paces(before: Sequence[Lag], after: Sequence[Lag]) -> dict[str, Pace]:
    """Return by topic what was committed and written between two looks."""
    known = {(lag.topic, lag.partition): lag for lag in before}
    changes: dict[str, Pace] = defaultdict(Pace)
    for lag in after:
        if earlier := known.get((lag.topic, lag.partition)):
            changes[lag.topic].scored += max(0, lag.position - earlier.position)
            changes[lag.topic].written += max(0, lag.end - earlier.end)
    return changes


def forecasts(found: Sequence[PartitionBacklog], changes: Mapping[str, Pace], seconds: float) -> Iterator[str]:
    """Yield for each topic that moved in these `seconds` its pace and the time until its lag is 0."""
    waiting: dict[str, int] = defaultdict(int)
    for each in found:
        waiting[each.lag.topic] += each.records
    for topic, pace in changes.items():
        left, gained = waiting[topic] + pace.written - pace.scored, pace.scored - pace.written
        if not pace.scored or not waiting[topic]:
            continue
        rest = f"{_duration(max(0, left) * seconds / gained)} to clear" if gained > 0 else "the lag does not shrink"
        yield (
            f"{topic}: {pace.scored / seconds:.1f} offsets/s scored,"
            f" {pace.written / seconds:.1f} offsets/s written, {rest}"
        )


def _row(found: PartitionBacklog, now: float) -> tuple[str, ...]:
    lag, late = found.lag, "-"
    if found.oldest is not None:
        seconds = age(found.oldest, now)
        late = "impossible timestamp" if seconds is None else f"{seconds:.1f}"
    committed = "-" if lag.committed is None else str(lag.committed)
    offsets = (str(lag.begin), committed, str(lag.stable), str(lag.end))
    counts = (_count(found.records, found.is_exact), str(found.blocked.records))
    return (lag.topic, str(lag.partition), *offsets, *counts, late)


def _count(records: int, is_exact: bool) -> str:
    return str(records) if is_exact else f"≤{records}"


def _duration(seconds: float) -> str:
    for unit, name in UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"

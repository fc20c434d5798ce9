"""Prepares the history of a model for its page: bars on one axis of time, and rows of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from petalstream.history.events import Kind, Mover, now
from petalstream.history.timeline import Entry, Timeline

# The axis, in units of the viewBox of its SVG, and the width of the shortest time that can be seen.
WIDTH, LEAST_WIDTH = 1000.0, 6.0
# The lanes of the chart; versions that were served earlier are in the table alone.
MOST_LANES = 12
EVENTS = {
    Kind.TRAINED: "Trained",
    Kind.IMPORTED: "Imported",
    Kind.ROLLED_BACK: "Rolled back",
    Kind.FOUND: "Found",
    Kind.LOADED: "Loaded",
    Kind.UNLOADED: "Unloaded",
    Kind.REFUSED: "Refused",
}
MOVERS = {
    Mover.TRAINING: "training",
    Mover.IMPORT: "import",
    Mover.ROLLBACK: "rollback",
    Mover.API: "the api",
    Mover.UNKNOWN: "unknown",
}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Lane:
    """A line of the chart: a version or what happened, for how long in words, and bars as (x, width)."""

    name: str
    words: str
    bars: Sequence[tuple[float, float]]
    is_current: bool = False
    is_bad: bool = False


@dataclass(frozen=True)
class Row:
    """An entry in words; `duration` is empty for what decided nothing."""

    entry: Entry
    event: str
    moved_by: str
    duration: str


@dataclass(frozen=True)
class HistoryView:
    """The lanes of the chart, which may lack some, since when they are, the table, and the entry that holds now."""

    lanes: Sequence[Lane]
    lacks_lanes: bool
    begin: str
    rows: Sequence[Row]
    current: Entry | None


def build_view(timeline: Timeline) -> HistoryView:
    """Return the view of a timeline, which may be empty."""
    entries, end = timeline.newest(), now()
    begin = entries[-1].event.at if entries else end
    end = max([end, *(entry.event.at for entry in entries)])  # another machine's clock may be ahead
    current = timeline.current
    rows = [_row(entry, end, is_current=entry is current) for entry in entries]
    lanes = list(islice(_lanes(entries, current, begin, end), MOST_LANES + 1))
    return HistoryView(lanes[:MOST_LANES], len(lanes) > MOST_LANES, begin, rows, current)


def _lanes(entries: Sequence[Entry], current: Entry | None, begin: str, end: str) -> Iterator[Lane]:
    """Yield lanes for refusals and for the time without a version, and for each version, the last served one first."""
    if refused := [entry.event for entry in entries if entry.event.kind == Kind.REFUSED]:
        bars = [_bar(event.at, event.at, begin, end) for event in refused]
        yield Lane("Refused", f"{len(refused)} time{'s' if len(refused) > 1 else ''}", bars, is_bad=True)
    if unloaded := [entry for entry in entries if entry.event.kind == Kind.UNLOADED]:
        yield _lane("Unloaded", unloaded, current, begin, end)
    versions = {entry.event.version: None for entry in entries if entry.is_served}
    for version in versions:
        served = [entry for entry in entries if entry.is_served and entry.event.version == version]
        yield _lane(f"Version {version}", served, current, begin, end)


def _lane(name: str, entries: Sequence[Entry], current: Entry | None, begin: str, end: str) -> Lane:
    spans = [(entry.event.at, entry.end or end) for entry in entries]
    total = sum((_moment(last) - _moment(first) for first, last in spans), timedelta())
    bars = [_bar(first, last, begin, end) for first, last in spans]
    return Lane(name, in_words(total), bars, is_current=any(entry is current for entry in entries))


def _bar(first: str, last: str, begin: str, end: str) -> tuple[float, float]:
    """Return x and width of a time, which stays visible however short it is."""
    whole = (_moment(end) - _moment(begin)) / timedelta(seconds=1) or 1.0
    x = (_moment(first) - _moment(begin)) / timedelta(seconds=1) / whole * WIDTH
    width = max((_moment(last) - _moment(first)) / timedelta(seconds=1) / whole * WIDTH, LEAST_WIDTH)
    return round(min(x, WIDTH - width), 2), round(width, 2)


def _row(entry: Entry, end: str, is_current: bool) -> Row:
    lasts = entry.end or (end if is_current else None)
    duration = in_words(_moment(lasts) - _moment(entry.event.at)) if lasts else ""
    return Row(entry, EVENTS[entry.event.kind], MOVERS[entry.event.moved_by], duration)


def in_words(time: timedelta) -> str:
    """Return a duration in its two largest units: 2 days 3 hours."""
    rest, parts = int(time.total_seconds()), []
    for seconds, unit in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
        elif parts:
            break
    return " ".join(parts[:2]) or "less than 1 second"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""The charts of a model's last hour, as shapes for a template to write as SVG, and the numbers for the table beside."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from petalstream.printable import printable
from services.dashboard.pages import words
from services.dashboard.pages.scales import BOTTOM, HOUR, TICK_SECONDS, Tick, across, steps, up, value_ticks
from services.dashboard.snapshot import Minute, ModelSnapshot

MINUTE = 60.0
# The rate of the minute that is not over is that of the seconds that have passed, or of so many.
LEAST_SECONDS = 10.0
# As many classes have a colour of their own; the others are one.
MOST_CLASSES = 6
OTHERS = "all others"
BAR_GAP = 0.8


@dataclass(frozen=True)
class Bar:
    """A rectangle of the series number `series`."""

    x: float
    y: float
    width: float
    height: float
    series: int = 1


@dataclass(frozen=True)
class Chart:
    """A chart: its axes, a `line` (an SVG path) for each of `series` or `bars`, and the `rows` of its table.

    `summary` says in words what it shows. Without rows there is nothing to draw yet.
    """

    name: str
    title: str
    unit: str
    summary: str
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]
    series: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[str] = ()
    bars: Sequence[Bar] = ()


def draw_charts(model: ModelSnapshot, now: float) -> list[Chart]:
    """Return the charts of the last 60 minutes up to this one: rate, latency and, of labels, the mix of classes."""
    minutes, end = _last_hour(model, now)
    charts = [_rates(minutes, end, now), _latencies(minutes, end, now)]
    if any(each.classes for each in minutes):
        charts.append(_classes(minutes, end, now))
    return charts


@dataclass(frozen=True)
class Spark:
    """The small chart of a card: the path of a line, and that of the area below it."""

    line: str
    area: str


def draw_spark(model: ModelSnapshot, now: float) -> Spark | None:
    """Return the rate of requests in each minute of the last hour, None before there are two minutes."""
    minutes, end = _last_hour(model, now)
    if len(minutes) < 2:
        return None
    rates = {each.begin: each.requests / _passed(each, now) for each in minutes}
    line = _path(minutes, end, lambda each: rates[each.begin], max(rates.values()) or 1)
    runs = [run.split("L") for run in line.replace("h0", "").split("M")[1:]]
    area = "".join(f"M{run[0].split()[0]} {BOTTOM}L{'L'.join(run)}L{run[-1].split()[0]} {BOTTOM}Z" for run in runs)
    return Spark(line, area)


def _last_hour(model: ModelSnapshot, now: float) -> tuple[list[Minute], float]:
    """Return the last 60 minutes, of which the last one is not over, and when that one ends."""
    end = now // MINUTE * MINUTE + MINUTE
    return [each for each in model.minutes if end - HOUR <= each.begin < end], end


def _passed(minute: Minute, now: float) -> float:
    """Return how many seconds of a minute have passed, at least LEAST_SECONDS."""
    return max(LEAST_SECONDS, min(MINUTE, now - minute.begin))


def _head(minute: Minute, now: float) -> str:
    """Return when a minute began, for a table."""
    return words.minute(minute.begin) + (" so far" if now < minute.begin + MINUTE else "")


def _rates(minutes: Sequence[Minute], end: float, now: float) -> Chart:
    read: list[Callable[[Minute], float | None]] = [
        lambda each: each.requests / _passed(each, now),
        lambda each: each.predictions / _passed(each, now),
        lambda each: each.dead_letters / _passed(each, now),
    ]
    heads = ("Minute (UTC)", "Requests", "Predictions", "Dead letters")
    rows = [
        (_head(each, now), *map(words.count, (each.requests, each.predictions, each.dead_letters)))
        for each in reversed(minutes)
    ]
    summary = (
        f"{words.plural(sum(each.requests for each in minutes), 'request')} in {words.plural(len(minutes), 'minute')}."
    )
    return _lines("rate", "Rate", "records/s", summary, minutes, end, read, heads, rows)


def _latencies(minutes: Sequence[Minute], end: float, now: float) -> Chart:
    read: list[Callable[[Minute], float | None]] = [lambda each: each.p50_ms, lambda each: each.p99_ms]
    heads = ("Minute (UTC)", "Median (p50)", "99th percentile (p99)")
    rows = [
        (_head(each, now), words.milliseconds(each.p50_ms), words.milliseconds(each.p99_ms))
        for each in reversed(minutes)
    ]
    highest = max((each.p99_ms for each in minutes if each.p99_ms is not None), default=None)
    summary = f"From request to prediction; the highest p99 of a minute is {words.milliseconds(highest)}."
    return _lines("latency", "Latency", "ms", summary, minutes, end, read, heads, rows)


def _lines(
    name: str,
    title: str,
    unit: str,
    summary: str,
    minutes: Sequence[Minute],
    end: float,
    read: Sequence[Callable[[Minute], float | None]],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> Chart:
    values = [value for each in minutes for one in read if (value := one(each)) is not None]
    ticks = steps(max(values, default=0))
    paths = [_path(minutes, end, one, ticks[-1]) for one in read]
    return Chart(name, title, unit, summary, value_ticks(ticks), _times(end), heads[1:], heads, rows, lines=paths)


def _classes(minutes: Sequence[Minute], end: float, now: float) -> Chart:
    counted = sum((Counter(each.classes) for each in minutes), Counter[str]())
    names = [name for name, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
    own, others = names[:MOST_CLASSES], names[MOST_CLASSES:]
    series = [printable(name, 40) for name in own] + ([OTHERS] if others else [])
    bars, rows = list[Bar](), list[Sequence[str]]()
    for each in minutes:
        counts = [each.classes.get(name, 0) for name in own]
        if others:
            counts.append(sum(each.classes.get(name, 0) for name in others))
        bars += _stack(counts, across(each.begin, end), across(each.begin + MINUTE, end))
        rows.insert(0, (_head(each, now), *map(words.count, counts)))
    y_ticks = [Tick(up(part, 1), f"{part:.0%}") for part in (0, 0.25, 0.5, 0.75, 1)]
    summary = "Share of each predicted class: " + ", ".join(
        f"{printable(name, 40)} {words.share(counted[name] / counted.total())}" for name in own
    )
    heads = ("Minute (UTC)", *series)
    return Chart(
        "classes", "Predicted classes", "share", f"{summary}.", y_ticks, _times(end), series, heads, rows, bars=bars
    )


def _stack(counts: Sequence[int], left: float, right: float) -> list[Bar]:
    total, below, bars = sum(counts), 0, list[Bar]()
    for number, found in enumerate(counts, 1):
        if found:
            y = up((below + found) / total, 1)
            bars.append(Bar(left, y, round(right - left - BAR_GAP, 1), round(up(below / total, 1) - y, 1), number))
        below += found
    return bars


def _path(minutes: Sequence[Minute], end: float, read: Callable[[Minute], float | None], top: float) -> str:
    """Return the path of one series; minutes that are missing, or without a value, leave a gap."""
    parts, last = list[str](), None
    for each in minutes:
        if (value := read(each)) is None:
            continue
        x, y = across(each.begin + MINUTE / 2, end), up(value, top)
        is_next = last is not None and each.begin - last <= MINUTE * 1.5
        # A line of no length, with round ends, is a dot.
        parts.append(f"L{x} {y}" if is_next else f"M{x} {y}h0")
        last = each.begin
    return "".join(parts)


def _times(end: float) -> list[Tick]:
    first = -((HOUR - end) // TICK_SECONDS) * TICK_SECONDS
    times = [first + number * TICK_SECONDS for number in range(4)]
    return [Tick(across(at, end), words.minute(at)) for at in times if end - HOUR <= at <= end]

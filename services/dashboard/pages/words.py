"""Numbers, times and sentences of the live page and of the terminal view; each is a plain function."""

from datetime import UTC, datetime

from petalstream.model.metrics import METRICS
from petalstream.printable import printable
from petalstream.readable import readable
from services.dashboard.snapshot import Lag, Ledger, PartitionLedger, Quality

UNKNOWN = "–"
DIGITS = 3
# A snapshot that is older is said to be old.
STALE_SECONDS = 5.0
# The year 9999.
MOST_SECONDS = 253_370_764_800


def count(number: int) -> str:
    """Return a whole number with commas."""
    return f"{number:,}"


def rate(per_second: float) -> str:
    """Return records per second, with one decimal below 10 and else in three digits."""
    return f"{per_second:.1f}" if 0 < per_second < 9.95 else readable(round(per_second), digits=DIGITS)


def milliseconds(number: float | None) -> str:
    """Return a duration of milliseconds, in seconds from 10 s; a dash for None."""
    if number is None:
        return UNKNOWN
    if number >= 10_000:
        return seconds(number / 1000)
    return f"{number:.1f} ms" if number < 9.95 else f"{number:,.0f} ms"


def seconds(number: float | None) -> str:
    """Return a duration in its two largest units, such as 2 min 5 s; a dash for None."""
    if number is None:
        return UNKNOWN
    if number < 9.95:
        return f"{max(number, 0):.1f} s"
    whole = round(number)
    for size, smaller, unit, next_unit in ((86_400, 3_600, "d", "h"), (3_600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size:,} {unit}" + (f" {rest} {next_unit}" if rest else "")
    return f"{whole} s"


def is_time(at: float) -> bool:
    """Whether a number of seconds since 1970 is a time that a calendar has."""
    return 0 <= at < MOST_SECONDS


def clock(at: float, now: float) -> str:
    """Return a time of day in UTC, with its date if that is not the day of `now`; a dash for no time of ours."""
    if not is_time(at):
        return UNKNOWN
    when, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    if when.date() == today.date():
        return f"{when:%H:%M:%S} UTC"
    return f"{when.day} {when:%B}{'' if when.year == today.year else f' {when.year}'}, {when:%H:%M} UTC"


def clock_of(text: str, now: float) -> str:
    """Return a time of ISO 8601 as `clock` does, and any other text as it is."""
    try:
        return clock(datetime.fromisoformat(text).timestamp(), now)
    except (ValueError, OverflowError):
        return printable(text, 40)


def iso(at: float) -> str:
    """Return a time as the attribute datetime has it, empty for no time of ours."""
    if not is_time(at):
        return ""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def minute(at: float) -> str:
    """Return the hour and minute of a time, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def share(part: float) -> str:
    """Return a share as a whole percentage, and not 0% or 100% unless it is."""
    percent = part * 100
    if 0 < percent < 1:
        return "less than 1%"
    return f"{min(percent, 99) if percent < 100 else 100:.0f}%"


def lag_words(lag: Lag) -> str:
    """Return the age of the oldest request without an outcome, and when all will have one."""
    if not lag.records:
        return "nothing waits"
    parts = [] if lag.seconds is None else [f"oldest {seconds(lag.seconds)}"]
    if lag.grows:
        parts.append("growing")
    elif lag.clear_seconds is not None:
        parts.append(f"clears in {seconds(lag.clear_seconds)}")
    return ", ".join(parts) or "age not known"


def quality_title(quality: Quality) -> str:
    """Return the name of a metric."""
    return METRICS[quality.metric].title


def quality_value(quality: Quality) -> str:
    """Return the value of a metric with its unit."""
    return METRICS[quality.metric].format(quality.value, quality.unit)


def quality_interval(quality: Quality) -> str:
    """Return the interval of a metric, or that there are too few rows for one."""
    if quality.low is None or quality.high is None:
        return "too few rows for an interval"
    ends = {"lower": quality.low, "upper": quality.high}
    return f"95% interval {METRICS[quality.metric].format_interval(ends, quality.unit)}"


def terms(total: PartitionLedger) -> list[str]:
    """Return what the requests of a ledger have become, such as 10 predictions, 1 dead letter, 1 still to do."""
    found = [plural(total.predictions, "prediction"), plural(total.dead_letters, "dead letter")]
    found.append(f"{total.to_do:,} still to do")
    return [*found, f"{total.lost:,} lost"] if total.lost else found


def imbalance(ledger: Ledger) -> str:
    """Return what does not balance, such as 3 lost, 1 doubled; empty where all does."""
    total = ledger.total
    counts = {"lost": total.lost, "doubled": total.doubled, "unknown": total.unknown}
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items() if number)


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: 1 request, 2 requests."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def features(row: dict[str, object]) -> str:
    """Return the features of a request in one line."""
    return printable(", ".join(f"{name} {value}" for name, value in row.items()), 160)


FILTERS = {
    function.__name__: function
    for function in (
        count,
        rate,
        milliseconds,
        seconds,
        clock,
        clock_of,
        iso,
        minute,
        share,
        lag_words,
        quality_title,
        quality_value,
        quality_interval,
        terms,
        imbalance,
        plural,
        features,
        printable,
    )
}

"""How far the consumer has come in the requests."""

from collections.abc import Iterator, Sequence

from petalstream.broker import Lag
from services.consumer import text

HEADINGS = ("topic", "partition", "committed", "end", "lag")


def report(lags: Sequence[Lag]) -> Iterator[str]:
    """A line for each partition and one for all of them; "-" where nothing was ever committed."""
    if not lags:
        yield "no topic of requests yet"
        return
    rows = [
        (
            lag.topic,
            str(lag.partition),
            "-" if lag.committed is None else str(lag.committed),
            str(lag.end),
            _behind(lag),
        )
        for lag in lags
    ]
    total = ("total", "", "", "", str(sum(max(0, lag.behind) for lag in lags)))
    yield from text.table([HEADINGS, *rows, total], right=(1, 2, 3, 4))


def _behind(lag: Lag) -> str:
    # A topic that was deleted and made anew may end before what was committed.
    return str(max(0, lag.behind))

"""Text for a terminal: what strangers wrote is made harmless, and tables have straight columns."""

import codecs
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from petalstream.printable import SHOWN, printable

_YES_NO = {True: "yes", False: "no"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def describe_row(row: Mapping[str, object]) -> str:
    """The features of a row with their values."""
    # Without !s a float takes half as long again.
    return " ".join([f"{name}={(_YES_NO[value] if type(value) is bool else value)!s}" for name, value in row.items()])


def shown(data: bytes) -> str:
    """The beginning of a key or value as text, or as Python writes bytes where it is not UTF-8."""
    # A character has up to four bytes, and the last one of this piece may be cut.
    most = SHOWN * 4
    try:
        return printable(codecs.getincrementaldecoder("utf-8")().decode(data[: most + 1], final=len(data) <= most))
    except UnicodeDecodeError:
        return repr(data[:SHOWN]) + ("…" if len(data) > SHOWN else "")


def moment(milliseconds: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC; a number that is no date of ours as itself."""
    try:
        time = EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return f"{milliseconds} ms"
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """One line a row, all columns as wide as their longest cell; those whose numbers are in `right` end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

"""The words that the operator's commands understand."""

import re
from datetime import UTC, datetime

import click

from petalstream.reasons import Reason
from services.consumer.tools.selection import OffsetRange

REASON = click.Choice([reason.value for reason in Reason])


class Time(click.DateTime):
    """A date or a time in UTC, as `dead-letters list` prints it or less of it."""

    def __init__(self) -> None:
        day = "%Y-%m-%d"
        super().__init__([day, *(day + time for time in ("T%H:%M", "T%H:%M:%S", "T%H:%M:%SZ", "T%H:%M:%S.%fZ"))])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time that the word names; where it names none, click tells what was expected."""
        try:
            time: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a time in UTC such as 2026-01-02 or 2026-01-02T03:04:05Z", param, ctx)
        return time.replace(tzinfo=UTC)


class Offsets(click.ParamType[OffsetRange, object]):
    """PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, the last one included."""

    name = "PARTITION:OFFSET[-OFFSET]"
    form = re.compile(r"([0-9]{1,9}):([0-9]{1,18})(?:-([0-9]{1,18}))?")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> OffsetRange:
        """The range that the word names; where it names none, click tells what was expected."""
        if isinstance(value, OffsetRange):
            return value
        match = self.form.fullmatch(str(value))
        if not match:
            self.fail(
                f"{value!r} is not PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, as in 2:17 or 2:17-40", param, ctx
            )
        partition, first, last = int(match[1]), int(match[2]), int(match[3] or match[2])
        if last < first:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return OffsetRange(partition, first, last)


def milliseconds(time: datetime | None) -> int | None:
    """Milliseconds from 1970 to a time."""
    return None if time is None else int(time.timestamp() * 1000)

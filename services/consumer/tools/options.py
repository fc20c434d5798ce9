"""The values that options of the operator's commands take."""

import re
from contextlib import suppress
from datetime import UTC, datetime

import click

from petalstream.reasons import Reason
from services.consumer.tools.selection import OffsetRange

REASON = click.Choice([reason.value for reason in Reason])


class Time(click.ParamType[int, object]):
    """A date or a time in UTC, as `dead-letters list` prints it or less of it; in milliseconds since 1970."""

    name = "TIME"
    forms = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the time that the word names. Raises click.BadParameter."""
        for form in self.forms:
            with suppress(ValueError):
                return int(datetime.strptime(str(value), form).replace(tzinfo=UTC).timestamp() * 1000)
        raise click.BadParameter(
            f"{value!r} is not a time in UTC such as 2026-01-02 or 2026-01-02T03:04:05Z", ctx, param
        )


class Offsets(click.ParamType[OffsetRange, object]):
    """PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, the last one included."""

    name = "PARTITION:OFFSET[-OFFSET]"
    form = re.compile(r"([0-9]{1,9}):([0-9]{1,18})(?:-([0-9]{1,18}))?")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> OffsetRange:
        """Return the range that the word names. Raises click.BadParameter."""
        match = self.form.fullmatch(str(value))
        if not match:
            self.fail(
                f"{value!r} is not PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, as in 2:17 or 2:17-40", param, ctx
            )
        partition, first, last = int(match[1]), int(match[2]), int(match[3] or match[2])
        if last < first:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return OffsetRange(partition, first, last)

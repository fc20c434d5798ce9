"""What a replay has done, in words."""

from collections.abc import Iterator

from services.consumer import text
from services.consumer.tools.replay import Tally

REFUSALS_SHOWN = 10


def report(tally: Tally, dry_run: bool) -> Iterator[str]:
    """How many of each reason, and last the one line that counts everything."""
    counted = sorted(tally.replayed.items(), key=lambda item: (item[0][0], -item[1]))
    rows = [(model, reason, str(count)) for (model, reason), count in counted]
    yield from (f"  {line}" for line in text.table(rows, right=(2,)))
    if tally.not_ours:
        yield f"no dead letters of ours, or not readable: {tally.not_ours}"
    if tally.again:
        them = "it lies" if tally.again == 1 else "they lie"
        yield f"{tally.again} of these will come in a later run too: {them} behind a dead letter that was left"
    yield _counts(tally, dry_run)


def refusals(tally: Tally) -> Iterator[str]:
    """What the broker refused, by place."""
    yield from tally.refused[:REFUSALS_SHOWN]
    if (more := len(tally.refused) - REFUSALS_SHOWN) > 0:
        yield f"and {more} more"
    if tally.refused:
        yield "progress does not move past what was refused"


def _counts(tally: Tally, dry_run: bool) -> str:
    several = len(tally.impossible) > 1
    impossible = "; ".join(f"{count}: {why}" if several else why for why, count in tally.impossible.most_common())
    parts = [
        f"{tally.replayed.total()} {'would be ' if dry_run else ''}replayed",
        f"{tally.impossible.total()} cannot be replayed" + (f" ({impossible})" if impossible else ""),
        f"{tally.passed_over} passed over" + (" (before --since; --again reaches them)" if tally.passed_over else ""),
    ]
    if tally.left:
        parts.append(f"{tally.left} left for a later run")
    if tally.refused:
        parts.append(f"{len(tally.refused)} refused")
    return ", ".join(parts)

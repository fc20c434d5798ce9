"""The lines that the commands about dead letters print, made from what was read already."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import chain

from petalstream.dead_letters import REPLAYS, DeadLetter
from petalstream.printable import printable
from services.consumer.output import text
from services.consumer.tools.reading import Found
from services.consumer.tools.replay import Tally

MESSAGE, REFUSALS_SHOWN = 300, 10
Example = tuple[int, tuple[str, ...], tuple[str, str]]


def listing(model: str, found: Iterable[Found], last: int) -> Iterator[str]:
    """Yield how many dead letters of a model there are for each reason, and the last ones; keeps no others."""
    counts: Counter[str] = Counter()
    strangers = 0
    newest: dict[int, deque[Example]] = defaultdict(lambda: deque(maxlen=last))
    for each in found:
        if each.letter is None:
            strangers += 1
            continue
        counts[each.letter.reason] += 1
        if last:
            newest[each.partition].append(_example(each.letter))
    ours = counts.total()
    yield f"{model}: {ours or 'no'} dead letter{'' if ours == 1 else 's'}"
    rows = [(reason, str(count)) for reason, count in counts.most_common()]
    if strangers:
        rows.append(("(not ours)", str(strangers)))
    yield from (f"  {line}" for line in text.table(rows, right=(1,)))
    examples = sorted(chain.from_iterable(newest.values()), key=lambda example: example[0])[-last:]
    if examples:
        yield from ("", f"  the last {len(examples)}, newest last" if len(examples) > 1 else "  the last one")
        headings = ("at", "time", "reason", "request", "key", "")
        heading, *lines = text.table([headings, *(columns for _, columns, _ in examples)])
        yield f"  {heading}"
        for line, (_, _, details) in zip(lines, examples, strict=True):
            yield f"  {line}"
            yield from (f"      {detail}" for detail in details)


def summary(tally: Tally, dry_run: bool) -> Iterator[str]:
    """Yield what a replay has done: how many of each reason, and last the one line that counts everything."""
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
    """Yield what the broker refused of a replay, by coordinates."""
    yield from tally.refused[:REFUSALS_SHOWN]
    if (more := len(tally.refused) - REFUSALS_SHOWN) > 0:
        yield f"and {more} more"
    if tally.refused:
        yield "progress does not move past what was refused"


def _example(letter: DeadLetter) -> Example:
    """Return a dead letter's timestamp, its columns and the lines below them, which are small, unlike its bytes."""
    record = letter.record
    replays = [value for name, value in letter.headers if name == REPLAYS]
    columns = (
        f"{record.partition}:{record.offset}",
        text.moment(record.timestamp),
        letter.reason,
        printable(f"{letter.topic}[{letter.partition}]@{letter.offset}"),
        "-" if record.key is None else text.shown(record.key),
        f"replays: {printable(replays[-1].decode(errors='replace'), 10)}" if replays else "",
    )
    return record.timestamp, columns, (printable(letter.message, MESSAGE), _value(letter))


def _value(letter: DeadLetter) -> str:
    if not letter.replayable:
        return "(the request's bytes are not in the dead letter)"
    value = letter.record.value
    return "(null)" if value is None else text.shown(value) or "(empty)"


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

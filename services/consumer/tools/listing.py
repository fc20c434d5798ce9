"""What is in the dead letters of a model: how many for each reason, and the newest of them."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import chain

from petalstream.dead_letters import REPLAYS, DeadLetter
from services.consumer import text
from services.consumer.tools.reading import Found

HEADINGS = ("at", "time", "reason", "request", "key", "")
NOT_OURS = "(not ours)"
MESSAGE = 300
Example = tuple[int, tuple[str, ...], tuple[str, str]]


def report(model: str, found: Iterable[Found], last: int) -> Iterator[str]:
    """The lines about a model's dead letters; however many there are, only counts and the last ones are held."""
    counts: Counter[str] = Counter()
    newest: dict[int, deque[Example]] = defaultdict(lambda: deque(maxlen=last))
    for place in found:
        counts[place.letter.reason if place.letter else NOT_OURS] += 1
        if place.letter and last:
            newest[place.partition].append(_example(place.letter))
    strangers = counts.pop(NOT_OURS, 0)
    ours = counts.total()
    yield f"{model}: {ours or 'no'} dead letter{'' if ours == 1 else 's'}"
    rows = [(reason, str(count)) for reason, count in counts.most_common()]
    rows += [(NOT_OURS, str(strangers))] * bool(strangers)
    yield from (f"  {line}" for line in text.table(rows, right=(1,)))
    examples = sorted(chain.from_iterable(newest.values()), key=lambda example: example[0])[-last:]
    if examples:
        yield from ("", f"  the last {len(examples)}, newest last" if len(examples) > 1 else "  the last one")
        heading, *lines = text.table([HEADINGS, *(columns for _, columns, _ in examples)])
        yield f"  {heading}"
        for line, (_, _, details) in zip(lines, examples, strict=True):
            yield f"  {line}"
            yield from (f"      {detail}" for detail in details)


def _example(letter: DeadLetter) -> Example:
    """A dead letter's timestamp, its columns, and the lines below them; made at once, since its bytes may be many."""
    record = letter.record
    key = "-" if record.key is None else text.shown(record.key)
    request = f"{letter.topic}[{letter.partition}]@{letter.offset}"
    columns = (
        f"{record.partition}:{record.offset}",
        text.moment(record.timestamp),
        letter.reason,
        text.printable(request),
        key,
        _replays(letter),
    )
    return record.timestamp, columns, (text.printable(letter.message, MESSAGE), _value(letter))


def _value(letter: DeadLetter) -> str:
    if not letter.replayable:
        return "(the request's bytes are not in the dead letter)"
    value = letter.record.value
    return "(null)" if value is None else text.shown(value) or "(empty)"


def _replays(letter: DeadLetter) -> str:
    """How often the request was replayed before it came here, as its header says."""
    counted = [value for name, value in letter.headers if name == REPLAYS]
    return f"replays: {text.printable(counted[-1].decode(errors='replace'), 10)}" if counted else ""

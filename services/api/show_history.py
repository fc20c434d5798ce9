"""`python -m services.api.show_history MODEL [--json]`: print which version of a model was served when.

The exit code is 1 if there is no such model.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from petalstream import settings
from petalstream.history import reading
from petalstream.history.events import PUBLICATIONS
from petalstream.history.timeline import Entry, Timeline
from petalstream.messages import MODEL_NAME
from petalstream.model import bundle

HEADINGS = ("time", "event", "version", "until", "moved by", "reason")


def main() -> int:
    """Print the history of the model that the command line names. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="history", description="Show which version of a model was served when.")
    parser.add_argument("model", metavar="MODEL", help="a model that was published")
    parser.add_argument("--json", action="store_true", help="print what GET /models/MODEL/history returns")
    arguments = parser.parse_args()
    configured = settings.load_or_exit("history")
    models_dir = configured.models_dir
    try:
        timeline = _read(models_dir, Path(configured.history_dir or models_dir), arguments.model)
    except (LookupError, OSError) as error:
        print(f"history: {error}", file=sys.stderr)
        return 1
    entries = timeline.newest()
    if arguments.json:
        print(json.dumps({"model": arguments.model, "history": [entry.to_dict() for entry in entries]}, indent=2))
    else:
        print("\n".join(_table([HEADINGS, *(_cells(entry, entry is timeline.current) for entry in entries)])))
    return 0


def _read(models_dir: Path, history_dir: Path, model: str) -> Timeline:
    """Return the timeline of the model. Raises LookupError and OSError."""
    events = reading.read_history(models_dir, history_dir, model) if MODEL_NAME.fullmatch(model) else []
    names = bundle.model_names(models_dir)
    if not events and model not in names:
        listed = ", ".join(names) or "none"
        raise LookupError(f"there is no model {model[:40]!r} in {models_dir}; the models there: {listed}")
    return Timeline(events)


def _cells(entry: Entry, is_current: bool) -> tuple[str, ...]:
    event = entry.event
    until = entry.end or ("now" if is_current else "not served" if event.kind in PUBLICATIONS else "-")
    return event.at, event.kind, event.version or "-", until, event.moved_by, event.reason


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines of aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())

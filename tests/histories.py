"""Histories for tests, made of events a minute apart."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from petalstream.history import log
from petalstream.history.events import Event, Kind, Mover, to_text
from petalstream.history.timeline import Timeline

BEGIN = datetime(2025, 11, 1, 12, tzinfo=UTC)
MOVERS = {
    Kind.TRAINED: Mover.TRAINING,
    Kind.IMPORTED: Mover.IMPORT,
    Kind.ROLLED_BACK: Mover.ROLLBACK,
    Kind.FOUND: Mover.UNKNOWN,
}


def minute(number: int) -> str:
    """The time so many minutes after the beginning."""
    return to_text(BEGIN + timedelta(minutes=number))


def event(number: int, kind: str, version: str | None = None, **more: Any) -> Event:
    """What happened in a minute; loads, unloads and refusals are the api's unless `more` says otherwise."""
    return Event(minute(number), Kind(kind), version, **{"moved_by": MOVERS.get(Kind(kind), Mover.API), **more})


def write(folder: Path, model: str, events: Sequence[Event]) -> Path:
    """Write a history below a folder, in place of the one there; gives its path."""
    path = folder / model / log.HISTORY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(each.to_line() for each in events))
    return path


def told(timeline: Timeline) -> list[tuple[str, str | None, str, str | None, bool]]:
    """What a timeline says, the oldest first: (event, version, from, to, whether it was served)."""
    dicts = [entry.to_dict() for entry in timeline.entries]
    return [(each["event"], each["version"], each["from"], each["to"], each["served"]) for each in dicts]


LONG = "/models/iris/12/model.joblib was altered: sha256 " + "3b1f" * 16 + ", and the manifest says " + "77aa" * 16
# All that can happen to a model, in more entries than a screen has.
EVENTFUL = (
    event(0, "found", "1", reason="it was served before there was a history"),
    event(60, "imported", "2"),
    *(event(5_000 * number, "trained", str(number + 2)) for number in range(1, 10)),
    event(45_100, "refused", moved_by=Mover.TRAINING, reason="accuracy on 30 validation rows is at least 0.91"),
    event(45_200, "rolled_back", "10"),
    event(45_300, "trained", "12"),
    event(45_301, "refused", "12", still_served="10", reason=LONG),
    event(50_000, "unloaded", reason="a client asked for it"),
    event(50_010, "loaded", "10", reason="the api restarted"),
)

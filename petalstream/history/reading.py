"""Reads the history of a model from both of its files, with what the trainer could not write."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from petalstream.history import log
from petalstream.history.events import PUBLICATIONS, Event, Kind, Mover, now, to_text
from petalstream.model import bundle
from petalstream.model.bundle import CURRENT
from petalstream.model.manifest import BundleError

BEFORE = "it was served before there was a history; the time is that of its training"
INTERRUPTED = "the process that made it the served version was interrupted before it wrote this history"
# The trainer appends to the history right after it renames `current`.
SETTLED = timedelta(seconds=5)


def read_history(models_dir: Path, history_dir: Path, model: str) -> list[Event]:
    """Return all events of a model, in any order, `history_dir` being where the api appends. Raises OSError."""
    events = log.read_events(models_dir, model)
    missing = find_missing(models_dir, model, events)
    if missing and datetime.fromisoformat(now()) - _renamed(models_dir, model) > SETTLED:
        events.append(missing)
    if history_dir.resolve() != models_dir.resolve():
        events += log.read_events(history_dir, model)
    return events


def find_missing(models_dir: Path, model: str, events: Iterable[Event]) -> Event | None:
    """Return the event that the trainer's `events` lack, if the last one is not of the version that `current` names."""
    published = [event for event in events if event.kind in PUBLICATIONS]
    try:
        version = bundle.current_version(models_dir, model)
        if published and published[-1].version == version:
            return None
        if published:
            at, reason = max(to_text(_renamed(models_dir, model)), published[-1].at), INTERRUPTED
        else:
            at, reason = _trained_at(models_dir, model), BEFORE
    except (BundleError, OSError):
        return None
    return Event(at, Kind.FOUND, version, Mover.UNKNOWN, reason)


def _trained_at(models_dir: Path, model: str) -> str:
    try:
        return to_text(datetime.fromisoformat(bundle.current(models_dir, model).manifest.trained_at))
    except (BundleError, ValueError, TypeError):
        return to_text(_renamed(models_dir, model))


def _renamed(models_dir: Path, model: str) -> datetime:
    """Return when `current` was renamed to its name, which changes the status of the file. Raises OSError."""
    return datetime.fromtimestamp((models_dir / model / CURRENT).lstat().st_ctime, UTC)

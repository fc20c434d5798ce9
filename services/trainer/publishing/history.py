"""The events that the trainer adds to a model's history."""

import logging
from pathlib import Path

from petalstream.history import log
from petalstream.history.events import Event, Kind, Mover, now
from petalstream.model.bundle import CURRENT
from petalstream.model.manifest import Manifest
from services.trainer.publishing.versions import locked

_log = logging.getLogger(__name__)


def publication(manifest: Manifest) -> Event:
    """Return the event of a version that is about to be served for the first time."""
    if manifest.fitted:
        return Event(now(), Kind.IMPORTED, manifest.version, Mover.IMPORT)
    return Event(now(), Kind.TRAINED, manifest.version, Mover.TRAINING)


def rollback(version: str) -> Event:
    """Return the event of a version that is about to be served again."""
    return Event(now(), Kind.ROLLED_BACK, version, Mover.ROLLBACK)


def record_refusal(home: Path, reason: str) -> None:
    """Record that a trained model was not published. A model that was never served has no history, and gets none."""
    if not (home / CURRENT).exists():
        return
    refusal = Event(now(), Kind.REFUSED, None, Mover.TRAINING, reason)
    try:
        with locked(home):
            log.append(home.parent, home.name, lambda events: refusal)
    except OSError as error:
        _log.warning("the history of %s misses this refusal: %s", home.name, error)

"""The history of the models: reads it, and appends what this api loads, unloads and cannot open."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from petalstream.history import log, reading
from petalstream.history.events import Event, Kind, Mover, now
from petalstream.history.timeline import Timeline

REQUESTED = "a client asked for it"
RESTARTED = "the api restarted"
OPENED = "it can be opened now"


class History:
    """Reads the history of models, and appends to files below `folder`, which may be `models_dir` itself.

    The workers of one api have the same `run`, and each of them may report the same event: it is appended once.
    """

    def __init__(self, models_dir: Path, folder: Path | None = None, run: str = "") -> None:
        self._models_dir, self._folder = models_dir, folder or models_dir
        self._run = run or secrets.token_hex(4)

    def read(self, model: str) -> Timeline:
        """Return the timeline of a model. Raises OSError."""
        return Timeline(reading.read_history(self._models_dir, self._folder, model))

    def load(self, model: str, version: str) -> None:
        """Record that a client had the model loaded, unless it was served already."""

        def decide(timeline: Timeline) -> Event | None:
            is_served = timeline.current and timeline.current.is_served
            return None if is_served else self._event(Kind.LOADED, version, REQUESTED)

        self._append(model, decide)

    def unload(self, model: str) -> None:
        """Record that a client had the model unloaded, unless it is unloaded already."""

        def decide(timeline: Timeline) -> Event | None:
            return None if timeline.unloaded else self._event(Kind.UNLOADED, None, REQUESTED)

        self._append(model, decide)

    def open(self, model: str, version: str) -> None:
        """Record that a version was opened which the api refused before, or that an earlier run had unloaded."""

        def decide(timeline: Timeline) -> Event | None:
            if timeline.unloaded:
                is_restart = timeline.unloaded.run != self._run
                return self._event(Kind.LOADED, version, RESTARTED) if is_restart else None
            was_refused = timeline.refused and timeline.refused.version in (version, None)
            return self._event(Kind.LOADED, version, OPENED) if was_refused else None

        self._append(model, decide)

    def refuse(self, model: str, version: str | None, still_served: str | None, reason: str) -> None:
        """Record that a version cannot be opened, once in each run of the api, unless something was served between."""

        def decide(timeline: Timeline) -> Event | None:
            last, event = timeline.refused, self._event(Kind.REFUSED, version, reason, still_served)
            if last and last.version == version and (last.run == self._run or last.still_served == still_served):
                return None
            return event

        self._append(model, decide)

    def _append(self, model: str, decide: Callable[[Timeline], Event | None]) -> None:
        if self._folder != self._models_dir:
            with suppress(OSError):  # appending then logs why it fails
                (self._folder / model).mkdir(parents=True, exist_ok=True)
        log.append(self._folder, model, lambda events: decide(self.read(model)))

    def _event(self, kind: Kind, version: str | None, reason: str, still_served: str | None = None) -> Event:
        return Event(now(), kind, version, Mover.API, reason, self._run, still_served)

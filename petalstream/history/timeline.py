"""Works out from the events of a history which version was served from when until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from petalstream.history.events import PUBLICATIONS, Event, Kind

# The entries that are shown, the newest ones.
MOST_ENTRIES = 1_000


@dataclass
class Entry:
    """An event, and the time from `event.at` until `end` for which it decided what was served.

    With `is_served`, that was the version of the event; `end` is None while it lasts. An event that did not change what
    is served, such as a refusal, has no `end` either.
    """

    event: Event
    is_served: bool = False
    end: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry for JSON."""
        return {
            "event": self.event.kind,
            "version": self.event.version,
            "from": self.event.at,
            "to": self.end,
            "served": self.is_served,
            "moved_by": self.event.moved_by,
            "reason": self.event.reason,
        }


class Timeline:
    """Replays events in the order of time, and knows what is served after the last one.

    A version counts as served from its publication on, unless the api refuses it; while the model is unloaded, none is.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.entries: list[Entry] = []
        # The event that unloaded the model, if it is unloaded, and the api's last refusal, if nothing was moved since.
        self.unloaded: Event | None = None
        self.refused: Event | None = None
        # What was served since the api last said what it serves, the last of them now.
        self._served: list[Entry] = []
        for event in sorted(events, key=lambda event: event.at):
            self._add(event)

    @property
    def current(self) -> Entry | None:
        """Return the entry that decides what is served now; None if nothing is known to be served."""
        return self._served[-1] if self._served else None

    def newest(self) -> list[Entry]:
        """Return the last MOST_ENTRIES entries, the newest first."""
        return self.entries[: -MOST_ENTRIES - 1 : -1]

    def _add(self, event: Event) -> None:
        entry = Entry(event)
        self.entries.append(entry)
        if event.kind == Kind.REFUSED:
            if event.is_of_api:
                self._refuse(event)
            return
        self.refused = None
        if event.kind in PUBLICATIONS and self.unloaded:
            return
        if self.current:
            self.current.end = event.at
        if event.kind not in PUBLICATIONS:
            self.unloaded = event if event.kind == Kind.UNLOADED else None
            self._served = []
        entry.is_served = event.version is not None
        self._served.append(entry)

    def _refuse(self, event: Event) -> None:
        """Continue what the api still serves, or else end what was served."""
        self.unloaded, self.refused = None, event
        for number, entry in reversed(list(enumerate(self._served))):
            if entry.event.version == event.still_served:
                for never_served in self._served[number + 1 :]:
                    never_served.is_served, never_served.end = False, None
                entry.end, self._served = None, self._served[: number + 1]
                return
        if self.current:
            self.current.end = event.at
        self._served = []

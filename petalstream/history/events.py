"""The events of a history, as lines of JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from petalstream.model.bundle import VERSION

MAX_REASON = 600
# No other characters, so that times sort as texts.
_SECONDS = "milliseconds"


class Kind(StrEnum):
    """What happened."""

    TRAINED = "trained"
    IMPORTED = "imported"
    ROLLED_BACK = "rolled_back"
    FOUND = "found"
    LOADED = "loaded"
    UNLOADED = "unloaded"
    REFUSED = "refused"


class Mover(StrEnum):
    """Who or what made it happen."""

    TRAINING = "training"
    IMPORT = "import"
    ROLLBACK = "rollback"
    API = "api"
    UNKNOWN = "unknown"


# The events after which `current` names the version of the event.
PUBLICATIONS = frozenset((Kind.TRAINED, Kind.IMPORTED, Kind.ROLLED_BACK, Kind.FOUND))


@dataclass(frozen=True)
class Event:
    """One line of a history: at the time `at`, of ISO 8601 in UTC, `kind` happened to a version.

    `version` is None where no version is served then, or where a refused model has no number. An event of the api also
    has its `run`, which is another one after a restart. A refusal by the api has the version that is served all the
    same, as `still_served`.
    """

    at: str
    kind: Kind
    version: str | None
    moved_by: Mover
    reason: str = ""
    run: str = ""
    still_served: str | None = None

    @property
    def is_of_api(self) -> bool:
        """Return whether the api wrote it."""
        return self.moved_by == Mover.API

    def to_line(self) -> bytes:
        """Return the event as a line of JSON."""
        fields = asdict(self) | {"reason": _one_line(self.reason)}
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self | None:
        """Return the event in a line; None for a line that was not written in full, or is no event of this release."""
        try:
            fields = json.loads(line)
            return cls(
                at=to_text(datetime.fromisoformat(fields["at"])),
                kind=Kind(fields["kind"]),
                version=_version(fields, "version"),
                moved_by=Mover(fields["moved_by"]),
                reason=_one_line(fields["reason"]),
                run=str(fields["run"])[:40],
                still_served=_version(fields, "still_served"),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            return None


def now() -> str:
    """Return the time of an event that happens now."""
    return to_text(datetime.now(UTC))


def to_text(time: datetime) -> str:
    """Return a time with a time zone as an event has it, to the millisecond. Raises ValueError without a time zone."""
    if time.tzinfo is None:
        raise ValueError("a time needs a time zone")
    return time.astimezone(UTC).isoformat(timespec=_SECONDS).replace("+00:00", "Z")


def _version(fields: Mapping[str, Any], name: str) -> str | None:
    version = fields[name]
    if version is not None and not VERSION.fullmatch(version):
        raise ValueError(f"{name} is no version")
    return None if version is None else str(version)


def _one_line(text: str) -> str:
    """Return the text in at most MAX_REASON characters, all of which can be printed."""
    words = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in " ".join(text.split()))
    return words if len(words) <= MAX_REASON else words[: MAX_REASON - 1] + "…"

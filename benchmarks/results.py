"""What was measured: the figures of each contestant, what they are to reach, and the file that holds all of it."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

OURS = "Petalstream"
Points = Sequence[tuple[float, float]]


def median(figures: Sequence[float]) -> float:
    """The median of the figures of all rounds."""
    return statistics.median(figures)


@dataclass(frozen=True)
class Bar:
    """The least and the most that Petalstream is to have: so many times what `against` has, or so much itself."""

    against: str | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Row:
    """One question, with the figures of each round by contestant; `missing` says why others have none."""

    name: str
    section: str
    what: str
    unit: str
    measured: Mapping[str, Sequence[float]] = field(default_factory=dict)
    bars: Sequence[Bar] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    measured_on: str = field(default_factory=lambda: date.today().isoformat())

    def value(self, bar: Bar) -> float | None:
        """What is held against the bar: the ratio of the medians, or our median; None where one was not measured."""
        ours = self.measured.get(OURS)
        if bar.against is None:
            return median(ours) if ours else None
        reference = self.measured.get(bar.against)
        return median(ours) / median(reference) if ours and reference else None

    def reached(self, bar: Bar) -> bool | None:
        """Whether the bar is reached; None where that was not measured."""
        found = self.value(bar)
        if found is None:
            return None
        return (bar.least is None or found >= bar.least) and (bar.most is None or found <= bar.most)


@dataclass(frozen=True)
class Curve:
    """How something grows: the points of each line, and what the axes are."""

    name: str
    title: str
    x: str
    y: str
    lines: Mapping[str, Points]


@dataclass(frozen=True)
class Profile:
    """The functions that most of the time goes to: each with its own share of it, and its share with what it calls."""

    name: str
    functions: Sequence[tuple[str, float, float]]


@dataclass
class Results:
    """All that was measured on a machine, by name; what is measured again takes the place of what was."""

    machine: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)

    def add(self, found: Row | Curve | Profile) -> None:
        """Add what was measured, in the place of what had its name."""
        if isinstance(found, Row):
            self.rows[found.name] = found
        elif isinstance(found, Curve):
            self.curves[found.name] = found
        else:
            self.profiles[found.name] = found

    @classmethod
    def read(cls, path: Path) -> Self:
        """What the file holds; nothing where there is none."""
        if not path.exists():
            return cls()
        held: dict[str, Any] = json.loads(path.read_text())
        rows = {name: Row(**row | {"bars": [Bar(**bar) for bar in row["bars"]]}) for name, row in held["rows"].items()}
        curves = {name: Curve(**curve) for name, curve in held["curves"].items()}
        profiles = {name: Profile(**profile) for name, profile in held["profiles"].items()}
        return cls(held["machine"], rows, curves, profiles)

    def write(self, path: Path) -> None:
        """Keep it in the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

"""What the page shows at one moment: plain values, made by the follower twice a second.

Times are in seconds since 1970, durations in seconds unless their name says milliseconds (`_ms`). A figure that is not
known is None.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.dashboard.snapshot.flow import ClassRow, DeadLetterRow, Lag, Minute, PredictionRow, Quality, Residuals
from services.dashboard.snapshot.ledger import Ledger, PartitionLedger, Place
from services.dashboard.snapshot.model import ModelSnapshot
from services.dashboard.snapshot.stack import Condition, Lane, Part

__all__ = [
    "ClassRow",
    "Condition",
    "DeadLetterRow",
    "Lag",
    "Lane",
    "Ledger",
    "Minute",
    "ModelSnapshot",
    "Part",
    "PartitionLedger",
    "Place",
    "PredictionRow",
    "Quality",
    "Residuals",
    "Snapshot",
]


@dataclass(frozen=True)
class Snapshot:
    """Everything at the time `at`; `reading` says in words what the follower does, such as catching up."""

    at: float
    reading: str
    parts: tuple[Part, ...]
    models: Mapping[str, ModelSnapshot]

    def to_dict(self) -> dict[str, Any]:
        """The snapshot as JSON has it, with each ledger's sums."""
        content = asdict(self)
        for name, model in self.models.items():
            content["models"][name]["ledger"] |= {
                "total": asdict(model.ledger.total),
                "is_balanced": model.ledger.is_balanced,
            }
        return content

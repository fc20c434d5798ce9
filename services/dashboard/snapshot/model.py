"""One model."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.dashboard.snapshot.flow import (
    ClassRow,
    DeadLetterRow,
    Lag,
    Minute,
    PredictionRow,
    Quality,
    Residuals,
)
from services.dashboard.snapshot.ledger import Ledger
from services.dashboard.snapshot.stack import Lane


@dataclass(frozen=True)
class ModelSnapshot:
    """One model. `classes`, `confusion` (true label, predicted label, count) are of labels, `residuals` of numbers.

    Rates are of the last 10 s, latencies of this minute and the one before, and so is `sampled_share`: the share of the
    predictions whose values were read. `quality`, `dead_letters` (by reason), `classes`, `confusion` and `residuals`
    are of the last hour.
    """

    name: str
    title: str
    version: str | None
    since: float | None
    moved_by: str
    lane: Lane | None
    requests_per_second: float
    outcomes_per_second: float
    p50_ms: float | None
    p99_ms: float | None
    lag: Lag
    quality: Quality | None
    test_quality: Quality | None
    dead_letters: Mapping[str, int]
    ledger: Ledger
    minutes: tuple[Minute, ...]
    classes: tuple[ClassRow, ...]
    confusion: tuple[tuple[str, str, int], ...]
    residuals: Residuals | None
    last_predictions: tuple[PredictionRow, ...]
    last_dead_letters: tuple[DeadLetterRow, ...]
    sampled_share: float

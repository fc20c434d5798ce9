"""A request for predictions as the fast path has parsed it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.models.loading import ServedModel
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import MIN_COLUMN_ROWS, Rows
from services.api.telemetry import request_info

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
HeadersAndBody = tuple[Headers, bytes]


@dataclass
class Request:
    """A parsed request: the rows to score with a model version, and the function that writes the body of its response
    and the headers that describe it.

    `single_row` has the row of a request for one object. It may be scored together with those of other requests.
    """

    environ: Environ
    route: str
    served: ServedModel
    rows: Rows
    write: Callable[[Predictions], HeadersAndBody]
    reports_errors: bool = False
    single_row: Sequence[object] = ()

    def __post_init__(self) -> None:
        """Encode many rows, and estimate `seconds`: infinite for many rows of which some may be invalid."""
        scorer = self.served.scorer
        self._samples = scorer.encode_columns(self.rows)
        is_doubtful = self._samples is None and len(self.rows) >= MIN_COLUMN_ROWS
        self.seconds = math.inf if is_doubtful else scorer.expected_seconds(len(self.rows))

    def predict(self) -> Predictions:
        """Return the predictions for its rows. Raises InvalidRows and DeadlinePassed."""
        scorer = self.served.scorer
        if self._samples is not None:
            return scorer.predict_samples(self._samples, self.deadline(), self.reports_errors)
        return (scorer.predict_valid if self.reports_errors else scorer.predict)(self.rows, self.deadline())

    def deadline(self) -> float:
        """Return its deadline, in seconds of time.monotonic()."""
        return request_info.of(self.environ).deadline

"""Scores the rows of a request and records the result in the metrics and in the request's info."""

from functools import cache
from typing import Any

from services.api import deadline
from services.api.errors import DeadlinePassed, InvalidRows
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows, Scorer
from services.api.telemetry import metrics, request_info

# labels() takes a lock and builds a key at each call.
_batch_size, _rows_scored = cache(metrics.BATCH.labels), cache(metrics.ROWS_SCORED.labels)


def score(environ: dict[str, Any], scorer: Scorer, rows: Rows, report_errors: bool = False) -> Predictions:
    """Return the predictions for `rows`; with `report_errors` an invalid row gets its errors instead.

    `environ` is the request's. Raises InvalidRows, UnreadableTimeout and DeadlinePassed.
    """
    deadline.require_readable(environ)
    until = request_info.of(environ).deadline
    if deadline.has_passed(until):
        raise DeadlinePassed
    record(environ, scorer, len(rows))
    predict = scorer.predict_valid if report_errors else scorer.predict
    try:
        predictions = predict(rows, until)
    except InvalidRows:
        _rows_scored(scorer.manifest.model, "refused").inc(len(rows))
        raise
    count(predictions)
    return predictions


def record(environ: dict[str, Any], scorer: Scorer, rows: int) -> None:
    """Record the model, its version and the number of rows of a request."""
    manifest, info = scorer.manifest, request_info.of(environ)
    info.model, info.version, info.rows = manifest.model, manifest.version, rows
    _batch_size(manifest.model).observe(rows)


def count(predictions: Predictions) -> None:
    """Count the valid and the invalid rows in the metrics."""
    model = predictions.manifest.model
    if predictions.errors:
        _rows_scored(model, "refused").inc(len(predictions.errors))
    _rows_scored(model, "predicted").inc(len(predictions.valid_rows))

"""Scores the rows of a request, and records what was scored."""

from functools import cache
from typing import Any

from services.api import deadline
from services.api.errors import InvalidRows
from services.api.scoring.predictions import Predictions
from services.api.scoring.scorer import Rows, Scorer
from services.api.telemetry import metrics, request_info

batch_of, rows_of = cache(metrics.BATCH.labels), cache(metrics.ROWS_SCORED.labels)


def score(environ: dict[str, Any], scorer: Scorer, rows: Rows, reports: bool = False) -> Predictions:
    """Return the predictions for `rows`; with `reports` a row that does not fit the model has its errors instead.

    `environ` is the request's. Raises InvalidRows, UnreadableTimeout and DeadlinePassed.
    """
    deadline.require_readable(environ)
    record(environ, scorer, len(rows))
    predict = scorer.predict_valid if reports else scorer.predict
    try:
        predictions = predict(rows, request_info.of(environ).deadline)
    except InvalidRows:
        rows_of(scorer.manifest.model, "refused").inc(len(rows))
        raise
    count(predictions)
    return predictions


def record(environ: dict[str, Any], scorer: Scorer, rows: int) -> None:
    """Record the model, its version and the number of rows of a request."""
    manifest, info = scorer.manifest, request_info.of(environ)
    info.model, info.version, info.rows = manifest.model, manifest.version, rows
    batch_of(manifest.model).observe(rows)


def count(predictions: Predictions) -> None:
    """Count the rows that were predicted and refused."""
    model = predictions.manifest.model
    if predictions.errors:
        rows_of(model, "refused").inc(len(predictions.errors))
    rows_of(model, "predicted").inc(len(predictions.valid_rows))

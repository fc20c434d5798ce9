"""Has rows scored for a request, and tells what was scored."""

from functools import cache
from typing import Any

from services.api import deadline, errors
from services.api.models.loading import Served
from services.api.scoring.predictions import Scored
from services.api.scoring.scorer import Rows
from services.api.telemetry import metrics, request_info

batch_of, rows_of = cache(metrics.BATCH.labels), cache(metrics.ROWS_SCORED.labels)


def scored(environ: dict[str, Any], served: Served, rows: Rows, reports: bool = False) -> Scored:
    """What the one version says of the rows; with `reports` a row at fault has its errors.

    `environ` is the request's. Raises InvalidRows, UnreadableTimeout and DeadlinePassed.
    """
    deadline.require_readable(environ)
    note(environ, served, len(rows))
    score = served.scorer.report if reports else served.scorer.predict
    try:
        found = score(rows, request_info.of(environ).deadline)
    except errors.InvalidRows:
        rows_of(served.manifest.model, "refused").inc(len(rows))
        raise
    count(found)
    return found


def note(environ: dict[str, Any], served: Served, rows: int) -> None:
    """Note down what a request has scored, and count its rows."""
    manifest, noted = served.manifest, request_info.of(environ)
    noted.model, noted.version, noted.rows = manifest.model, manifest.version, rows
    batch_of(manifest.model).observe(rows)


def count(found: Scored) -> None:
    """Count what became of the rows."""
    model = found.manifest.model
    if found.errors:
        rows_of(model, "refused").inc(len(found.errors))
    rows_of(model, "predicted").inc(len(found.fitting))

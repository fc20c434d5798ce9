"""Has rows scored for a request, and tells what was scored."""

from typing import Any

from services.api import metrics, notes
from services.api.opening import Served
from services.api.scored import Scored
from services.api.scorer import InvalidRows, Rows


def scored(environ: dict[str, Any], served: Served, rows: Rows, reports: bool = False) -> Scored:
    """What the one version says of the rows; with `reports` a row at fault has its errors. Raises InvalidRows.

    `environ` is the request's.
    """
    note(environ, served, len(rows))
    try:
        found = served.scorer.report(rows) if reports else served.scorer.predict(rows)
    except InvalidRows:
        metrics.ROWS_SCORED.labels(served.manifest.model, "refused").inc(len(rows))
        raise
    count(found)
    return found


def note(environ: dict[str, Any], served: Served, rows: int) -> None:
    """Note down what a request has scored, and count its rows."""
    manifest, noted = served.manifest, notes.of(environ)
    noted.model, noted.version, noted.rows = manifest.model, manifest.version, rows
    metrics.BATCH.labels(manifest.model).observe(rows)


def count(found: Scored) -> None:
    """Count what became of the rows."""
    model = found.manifest.model
    if found.errors:
        metrics.ROWS_SCORED.labels(model, "refused").inc(len(found.errors))
    metrics.ROWS_SCORED.labels(model, "predicted").inc(len(found.fitting))

"""Has rows scored for a request, and tells what was scored."""

from collections.abc import Sequence
from typing import Any

from flask import request

from services.api import metrics, notes
from services.api.opening import Served
from services.api.scorer import InvalidRows


def answers(served: Served, rows: Sequence[object], reports: bool = False) -> list[dict[str, Any]]:
    """One answer a row, all of the one version; with `reports` a row at fault has its errors. Raises InvalidRows."""
    manifest, noted = served.manifest, notes.of(request.environ)
    noted.model, noted.version, noted.rows = manifest.model, manifest.version, len(rows)
    metrics.BATCH.labels(manifest.model).observe(len(rows))
    try:
        found = served.scorer.report(rows) if reports else served.scorer.predict(rows)
    except InvalidRows:
        metrics.ROWS_SCORED.labels(manifest.model, "refused").inc(len(rows))
        raise
    refused = sum("errors" in answer for answer in found)
    metrics.ROWS_SCORED.labels(manifest.model, "refused").inc(refused)
    metrics.ROWS_SCORED.labels(manifest.model, "predicted").inc(len(found) - refused)
    return found

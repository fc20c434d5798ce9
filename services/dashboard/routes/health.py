"""Whether the live page follows the topics."""

import time

from flask import Blueprint, abort

from services.dashboard.routes import pages

MOST_SECONDS = 30.0
blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> dict[str, str]:
    """Return 200 while there is a new snapshot at least every MOST_SECONDS, 503 otherwise."""
    snapshot = pages.latest().snapshot
    age = time.time() - snapshot.at
    if age > MOST_SECONDS:
        abort(503, f"the figures are {age:.0f} s old: the thread that reads the topics has stopped or hangs")
    return {"status": "alive", "reading": snapshot.reading}

"""Looks at the models volume again and again while the api serves."""

import logging
import threading
import time

from services.api.models.registry import Registry

# The system tells nothing of what another machine changes on a shared volume: one has to look.
WATCH_SECONDS = 1.0
log = logging.getLogger(__name__)


def start(registry: Registry) -> None:
    """Keep the models as the volume has them, from a thread of its own that ends with the process."""
    threading.Thread(target=_watch, args=(registry,), name="watch", daemon=True).start()


def _watch(registry: Registry) -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            registry.refresh()
        except Exception:  # whatever it is, it may have passed a second later, and the models in memory serve on
            log.exception("the models volume cannot be looked at")

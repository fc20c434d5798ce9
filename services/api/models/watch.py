"""Refreshes the registry while the api serves."""

import logging
import threading
import time

from services.api.models.registry import Registry

# Polling, since a shared volume gives no notice of what another machine changes.
WATCH_SECONDS = 1.0
log = logging.getLogger(__name__)


def start(registry: Registry) -> None:
    """Start a daemon thread that refreshes `registry` every WATCH_SECONDS."""
    threading.Thread(target=_watch, args=(registry,), name="watch", daemon=True).start()


def _watch(registry: Registry) -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            registry.refresh()
        except Exception:  # it may not occur again in a second, and the models in memory are still served
            log.exception("the models volume cannot be looked at")

"""Lists every metric of the api, with the help text that Prometheus shows; docs/monitoring.md has the same list.

Labels are routes, models and words of fixed lists, never values that a client sends.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from petalstream import settings
from petalstream.model.manifest import Manifest
from services.api.telemetry import worker_slot
from services.api.telemetry.metric_files import MetricFiles

# The library names its files by process id and deletes none. By slot, a new worker reuses the file of an old one.
_in_file = values.MultiProcessValue(process_identifier=lambda: worker_slot.number)  # type: ignore[no-untyped-call]


def _in_shared_file(*arguments: Any, **options: Any) -> Any:
    """Return a value in a file of the shared folder, which may be gone: somebody may clean up temporary folders."""
    (settings.shared_folder() or Path()).mkdir(exist_ok=True)
    return _in_file(*arguments, **options)


if settings.shared_folder():
    values.ValueClass = _in_shared_file


class Reload(StrEnum):
    """The outcomes of reading a model's folder again."""

    LOADED = "loaded"
    REFUSED = "refused"
    REMOVED = "removed"


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
REQUESTS = Counter("petalstream_api_requests", "Responses sent.", ["route", "method", "status"])
ERRORS = Counter(
    "petalstream_api_errors",
    "Errors in responses: a reason such as missing_feature, or the name of a status.",
    ["kind"],
)
DURATION = Histogram(
    "petalstream_api_request_duration_seconds",
    "Time from a request's head to its response.",
    ["route"],
    buckets=SECONDS,
)
BATCH = Histogram("petalstream_api_batch_rows", "Rows of a request.", ["model"], buckets=ROWS)
ROWS_SCORED = Counter("petalstream_api_rows", "Rows that were predicted or refused.", ["model", "outcome"])
IN_FLIGHT = Gauge(
    "petalstream_api_in_flight_requests", "Requests that are worked on or wait.", multiprocess_mode="livesum"
)
REJECTED = Counter("petalstream_api_rejected_requests", "Requests that got 503 because too many were in flight.")
RELOADS = Counter(
    "petalstream_api_model_reloads", "Times that a worker loaded, refused or removed a model.", ["outcome"]
)

for _outcome in Reload:
    RELOADS.labels(_outcome)  # exposed from the start, as 0


class ModelInfo(Collector):
    """Collects one series for each served model of this worker, so that no series of an old version stays."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._manifests = manifests

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metric, with the value 1 for each model."""
        family = GaugeMetricFamily(
            "petalstream_api_model_info", "1 for each served model, with its version.", labels=["model", "version"]
        )
        for manifest in self._manifests:
            family.add_metric([manifest.model, manifest.version], 1)
        yield family


def expose(accept: str, manifests: Iterable[Manifest]) -> tuple[bytes, str]:
    """Return the metrics of all workers and their content type: OpenMetrics if `accept` prefers it, else plain text."""
    registry = CollectorRegistry()
    shared = settings.shared_folder()
    registry.register(MetricFiles(shared) if shared else REGISTRY)
    registry.register(ModelInfo(manifests))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type

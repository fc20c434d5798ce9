"""The paths that monitoring requests; the concurrency limit does not count them."""

METRICS = "/metrics"
PROBES = ("/health", "/ready", "/v2/health/live", "/v2/health/ready")
UNLIMITED = frozenset((*PROBES, METRICS))

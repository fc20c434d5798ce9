"""Paths that others watch the api by."""

METRICS = "/metrics"
PROBES = ("/health", "/ready", "/v2/health/live", "/v2/health/ready")

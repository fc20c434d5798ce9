"""`python -m services.dashboard.probe`: the container's health check; exit code 0 if the live page says it is alive."""

import sys

from petalstream import probing, settings
from petalstream.settings import Settings


def check_alive(configured: Settings) -> str | None:
    """Return why the live page on this machine is not alive, None if it responds to GET /health with 200."""
    return probing.check(configured.dashboard_host, configured.dashboard_port, "/health", {})


if __name__ == "__main__":
    sys.exit(check_alive(settings.load_or_exit("dashboard probe")))

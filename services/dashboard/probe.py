"""`python -m services.dashboard.probe`: the container's health check; exit code 0 if the live page says it is alive."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from petalstream import address, settings
from petalstream.settings import Settings

SECONDS = 3


def check_alive(configured: Settings) -> str | None:
    """Return why the live page on this machine is not alive, None if it responds to GET /health with 200."""
    port = configured.dashboard_port
    request = f"GET /health on port {port}"
    # http.client ignores proxies of the environment.
    connection = HTTPConnection(address.host_on_this_machine(configured.dashboard_host), port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{request} failed: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"{request} was answered with {status}"


if __name__ == "__main__":
    sys.exit(check_alive(settings.load_or_exit("dashboard probe")))

"""`python -m services.consumer.probe`: the container's health check; exit code 0 if the consumer says it is alive."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from petalstream import settings
from petalstream.settings import Settings

SECONDS = 3


def fault(configured: Settings) -> str | None:
    """Return why the consumer on this machine is not alive, None if it is or if it answers on no port."""
    port = configured.consumer_health_port
    if not port:
        return None
    asked = f"GET /health on port {port}"
    # http.client asks no proxy that the environment may name.
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        status, text = response.status, response.read(1_000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        return f"{asked} failed: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"{asked} was answered with {status}: {text}"


if __name__ == "__main__":
    sys.exit(fault(settings.load_or_exit("consumer probe")))

"""`python -m services.api.probe`: the container's health check; exit code 0 only where the api says it is ready."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from petalstream import keys, settings
from petalstream.keys import KeysError
from petalstream.settings import Settings

SECONDS = 3


def fault(configured: Settings) -> str | None:
    """Why the api on this machine is not ready, None where GET /ready is answered with 200."""
    asked = f"GET /ready on port {configured.api_port}"
    # http.client asks no proxy that the environment may name.
    connection = HTTPConnection("127.0.0.1", configured.api_port, timeout=SECONDS)
    try:
        connection.request("GET", "/ready", headers=keys.authorization(configured.api_keys))
        status = connection.getresponse().status
    except KeysError as error:
        return str(error)
    except (OSError, HTTPException) as error:
        return f"{asked} failed: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"{asked} was answered with {status}"


if __name__ == "__main__":
    sys.exit(fault(settings.load_or_exit("probe")))

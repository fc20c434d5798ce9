"""`python -m services.api.probe`: the container's health check; exit code 0 if the api says it is ready."""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from petalstream import address, keys, settings
from petalstream.keys import KeysError
from petalstream.settings import Settings

SECONDS = 3


def check_ready(configured: Settings) -> str | None:
    """Return why the api on this machine is not ready, None if it responds to GET /ready with 200."""
    request = f"GET /ready on port {configured.api_port}"
    # http.client ignores proxies of the environment.
    connection = HTTPConnection(address.host_on_this_machine(configured.api_host), configured.api_port, timeout=SECONDS)
    try:
        connection.request("GET", "/ready", headers=keys.authorization(configured.api_keys))
        status = connection.getresponse().status
    except KeysError as error:
        return str(error)
    except (OSError, HTTPException) as error:
        return f"{request} failed: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"{request} was answered with {status}"


if __name__ == "__main__":
    sys.exit(check_ready(settings.load_or_exit("probe")))

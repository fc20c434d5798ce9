"""Asks a service on this machine how it is, for the health check of its container."""

from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from petalstream import address

SECONDS = 3


def check(host: str, port: int, path: str, headers: Mapping[str, str]) -> str | None:
    """Return why the service that listens on `host` does not respond to GET `path` with 200, None if it does."""
    request = f"GET {path} on port {port}"
    # http.client ignores proxies of the environment.
    connection = HTTPConnection(address.host_on_this_machine(host), port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers=dict(headers))
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{request} failed: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"{request} was answered with {status}"

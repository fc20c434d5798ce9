"""Fetches the snapshot from the live page on this machine, as JSON."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

SECONDS = 3.0
MOST_BYTES = 32 * 1024 * 1024


class NotReachable(RuntimeError):
    """The live page does not respond, or with something else than a snapshot."""


def fetch(host: str, port: int) -> Mapping[str, Any]:
    """Return the snapshot of the live page. Raises NotReachable."""
    # http.client ignores proxies of the environment.
    connection = HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", "/?format=json")
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            raise NotReachable(f"{host}:{port} responded with {response.status}")
        content = json.loads(response.read(MOST_BYTES))
    except (OSError, HTTPException) as error:
        raise NotReachable(f"{host}:{port}: {error or type(error).__name__}") from None
    except ValueError:
        raise NotReachable(f"{host}:{port} responded with something else than JSON") from None
    finally:
        connection.close()
    if not isinstance(content, dict) or not {"at", "models", "parts"} <= content.keys():
        raise NotReachable(f"{host}:{port} is not the live page")
    return content

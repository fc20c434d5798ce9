"""The path below which the api is reached through a proxy, for the links in pages and responses."""

import ipaddress
import re
from contextlib import suppress
from typing import Any

_FORM = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class PathPrefix:
    """Takes the prefix of X-Forwarded-Prefix if one of the `proxies` has sent it, or else `prefix`.

    `proxies` are addresses with commas between; `*` means any.
    """

    def __init__(self, prefix: str, proxies: str) -> None:
        self._prefix = prefix.rstrip("/")
        allowed = proxies.split(",")
        self._allows_all = "*" in allowed
        self._networks = [network for text in allowed if (network := _network(text.strip()))]

    def apply(self, environ: dict[str, Any]) -> None:
        """Set SCRIPT_NAME, and remove the variable's prefix from the path.

        A proxy that sends the header has removed its own prefix.
        """
        forwarded = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
        if forwarded and _FORM.fullmatch(forwarded) and self._is_proxy(environ["REMOTE_ADDR"]):
            environ["SCRIPT_NAME"] = forwarded
            return
        path, environ["SCRIPT_NAME"] = environ["PATH_INFO"], self._prefix
        if f"{path}/".startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"

    def _is_proxy(self, address: str) -> bool:
        with suppress(ValueError):
            found = ipaddress.ip_address(address)
            return self._allows_all or any(found in network for network in self._networks)
        return False


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    with suppress(ValueError):
        return ipaddress.ip_network(text)
    return None

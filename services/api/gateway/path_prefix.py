"""The path below which the api is reached through a proxy, for the links in pages and responses."""

import ipaddress
from typing import Any

from petalstream.setting_types import Prefix, Proxies


class PathPrefix:
    """Takes the prefix of X-Forwarded-Prefix if one of the `proxies` has sent it, or else `prefix`."""

    def __init__(self, prefix: Prefix, proxies: Proxies) -> None:
        self._prefix, self._proxies = prefix, proxies

    def apply(self, environ: dict[str, Any]) -> None:
        """Set SCRIPT_NAME, and remove the prefix of the settings from the path.

        A proxy that sends the header has removed its own prefix.
        """
        forwarded = environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
        if forwarded and Prefix.FORM.fullmatch(forwarded) and self._is_proxy(environ["REMOTE_ADDR"]):
            environ["SCRIPT_NAME"] = forwarded
            return
        path, environ["SCRIPT_NAME"] = environ["PATH_INFO"], str(self._prefix)
        if f"{path}/".startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"

    def _is_proxy(self, address: str) -> bool:
        """Return whether an address is a proxy's; like gunicorn, trust a peer without one, on a Unix socket."""
        if not address or self._proxies.networks is None:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies.networks)

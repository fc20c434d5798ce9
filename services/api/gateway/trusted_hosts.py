"""Which Host headers are served: a page whose own name resolves to this machine (DNS rebinding) is refused."""

import ipaddress
from functools import lru_cache

from petalstream.setting_types import Hosts


class TrustedHosts:
    """Addresses, `localhost` and names below it, and the `hosts` of the settings."""

    def __init__(self, hosts: Hosts) -> None:
        self._names = frozenset(hosts.names)
        self.trusts = lru_cache(1000)(self._trusts)

    def _trusts(self, header: str) -> bool:
        """Return whether a Host header, with or without a port, is served; one that is missing or empty is."""
        host = header.lower() if header.endswith("]") else header.lower().rpartition(":")[0] or header.lower()
        host = host.removesuffix(".")
        if "*" in self._names or not header or host in self._names:
            return True
        return host == "localhost" or host.endswith(".localhost") or _is_address(host.strip("[]"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

"""Which Host headers are served: a page whose own name resolves to this machine (DNS rebinding) is refused."""

import ipaddress
import re
from functools import lru_cache

from petalstream.setting_types import Hosts

_HEADER = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{0,5})?", re.IGNORECASE)


class TrustedHosts:
    """Addresses, `localhost` and names below it, and the `hosts` of the settings."""

    def __init__(self, hosts: Hosts) -> None:
        self._names = frozenset(hosts.names)
        self.trusts = lru_cache(1000)(self._trusts)

    def _trusts(self, header: str) -> bool:
        """Return whether a Host header, with or without a port, is served; one that is missing or empty is."""
        if "*" in self._names or not header:
            return True
        if not (match := _HEADER.fullmatch(header)):
            return False
        host = match[1].lower().removesuffix(".")
        is_local = host == "localhost" or host.endswith(".localhost")
        return is_local or host in self._names or _is_address(host.strip("[]"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

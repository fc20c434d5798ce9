"""The address that a service listens on, as gunicorn and as a client on this machine write it."""

import ipaddress
from contextlib import suppress

# What is sent to "any address" of a machine goes to its loopback address.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def bind(host: str, port: int) -> str:
    """Return `host:port`, or `[host]:port` for an address of IPv6."""
    host = _normalize(host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_on_this_machine(host: str) -> str:
    """Return where a client on this machine finds a service that listens on `host`."""
    host = _normalize(host)
    return _LOOPBACK.get(host, host)


def _normalize(host: str) -> str:
    """Return an address in its shortest form and without brackets, a name as it is."""
    host = host.strip("[]")
    with suppress(ValueError):  # a name
        return str(ipaddress.ip_address(host))
    return host

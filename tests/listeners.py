"""For tests of ports that are in use: a program that listens on one address of this machine."""

import socket

import pytest

from embedded.ports import free_port

NO_IPV6 = "this machine has no IPv6 loopback address: add ::1, as with `sysctl -w net.ipv6.conf.lo.disable_ipv6=0`"


def has_ipv6_loopback() -> bool:
    """Return whether a program can listen on ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def listen(address: str) -> socket.socket:
    """Listen on a free port of `address`, in its address family only. Skips the test where the machine lacks ::1."""
    if ":" not in address:
        return socket.create_server((address, free_port()))
    if not has_ipv6_loopback():
        pytest.skip(NO_IPV6)
    return socket.create_server((address, free_port()), family=socket.AF_INET6)

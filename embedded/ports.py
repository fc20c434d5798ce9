"""TCP ports on this machine."""

import random
import socket

LOOPBACK = "127.0.0.1"
# The addresses that `localhost` may stand for. A client tries both, and on many machines ::1 first.
LOOPBACKS = ((socket.AF_INET, LOOPBACK), (socket.AF_INET6, "::1"))
# Below the ports that Linux and macOS give to outgoing connections: one of those could take the port meanwhile.
PORTS = range(20_000, 32_768)
ATTEMPTS = 100
_given: set[int] = set()


def free_port() -> int:
    """Return a port that no program uses, on 127.0.0.1 or ::1, and never the same one twice.

    Raises OSError if there is none.
    """
    for port in random.SystemRandom().sample(PORTS, ATTEMPTS):
        if port not in _given and _binds(port) and not in_use(port):
            _given.add(port)
            return port
    raise OSError(f"no free port was found in {ATTEMPTS} attempts: stop programs that listen on {LOOPBACK} or ::1")


def in_use(port: int) -> bool:
    """Return whether a program accepts connections on `port` of 127.0.0.1 or ::1."""
    return any(_accepts(family, address, port) for family, address in LOOPBACKS)


def _accepts(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.settimeout(1)
            return probe.connect_ex((address, port)) == 0
    except OSError:  # the machine has no IPv6
        return False


def _binds(port: int) -> bool:
    try:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True

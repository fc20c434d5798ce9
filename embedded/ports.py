"""TCP ports on this machine."""

import socket

LOOPBACK = "127.0.0.1"
# The addresses that `localhost` may stand for. A client tries both, and on many machines ::1 first.
LOOPBACKS = ((socket.AF_INET, LOOPBACK), (socket.AF_INET6, "::1"))
ATTEMPTS = 100


def free_port() -> int:
    """Return a port on which no program listens, on 127.0.0.1 or ::1. Raises OSError if there is none."""
    for _ in range(ATTEMPTS):
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
            if not in_use(port):
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

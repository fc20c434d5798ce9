"""The ports of the demo on this machine."""

import dataclasses
from typing import Any

from embedded import ports
from petalstream import settings
from petalstream.settings import Settings

PORTS = ("api_port", "kafka_port", "consumer_health_port", "dashboard_port")


class PortInUse(Exception):
    """A port that the stack should listen on is taken, by another program or by another part of the stack."""

    def __init__(self, name: str, port: int, holder: str, free: int) -> None:
        super().__init__(f"port {port} is in use{holder}: choose another, as in `make demo KEEP=1 {name}={free}`")


def ports_of(configured: Settings, keep: bool) -> Settings:
    """Return the settings with the ports to use: those configured where the stack stays up, else free ones.

    Raises PortInUse.
    """
    if not keep:
        free: Any = {name: ports.free_port() for name in PORTS}
        return dataclasses.replace(configured, **free)
    owners: dict[int, str] = {}
    for name in PORTS:
        port: int = getattr(configured, name)
        if not port:  # the consumer has no port for its health
            continue
        if other := owners.get(port):
            raise _in_use(configured, name, f" as {settings.variable(other)}")
        if ports.in_use(port):
            raise _in_use(configured, name, " (on macOS it may be the AirPlay Receiver)" if port == 5000 else "")
        owners[port] = name
    return configured


def _in_use(configured: Settings, name: str, holder: str) -> PortInUse:
    """Return the error, with a port that no part of the stack has."""
    taken = {getattr(configured, each) for each in PORTS}
    port: int = getattr(configured, name)
    free = next(each for each in range(port + 1, port + len(PORTS) + 1) if each not in taken)
    return PortInUse(settings.variable(name), port, holder, free)

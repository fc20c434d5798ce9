"""What the first page says of the stack around the models."""

import platform
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version

from petalstream.bundle import UNPICKLED_BY

CONNECT_SECONDS = 0.5
KAFKA_PORT = 9092


@dataclass(frozen=True)
class Broker:
    """A Kafka broker as the settings name it, and whether it takes a TCP connection."""

    address: str
    connects: bool


def check_brokers(servers: str) -> Sequence[Broker]:
    """Every broker of `host:port,host:port`, all asked at once; one without an answer in time is not reachable."""
    addresses = servers.split(",")
    pool = ThreadPoolExecutor(len(addresses))
    asked = [pool.submit(_connects, address) for address in addresses]
    # Looking up a name takes as long as the system likes: whoever is still at it is left to end by itself.
    pool.shutdown(wait=False)
    answered = wait(asked, CONNECT_SECONDS).done
    return [Broker(address, one in answered and one.result()) for address, one in zip(addresses, asked, strict=True)]


def library_versions() -> dict[str, str]:
    """The versions that this process runs with."""
    return {"Python": platform.python_version(), **{name: version(name) for name in (*UNPICKLED_BY, "flask")}}


def _connects(address: str) -> bool:
    host, port = _split(address)
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, OverflowError, UnicodeError):
        return False
    return True


def _split(address: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[::1]:port`, or a host alone."""
    host, _, port = address.rpartition(":")
    if not host or address.endswith("]"):
        host, port = address, str(KAFKA_PORT)
    return host.strip("[]"), int(port)

"""The state of the stack around the models, for the first page."""

import platform
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version

from petalstream.model.bundle import UNPICKLED_BY

CONNECT_SECONDS = 0.5
KAFKA_PORT = 9092


@dataclass(frozen=True)
class Broker:
    """A Kafka broker as the settings name it, and whether it accepts a TCP connection."""

    address: str
    connects: bool


def check_brokers(servers: str) -> Sequence[Broker]:
    """Return every broker of `host:port,host:port`, after at most CONNECT_SECONDS for all of them together."""
    addresses = servers.split(",")
    pool = ThreadPoolExecutor(len(addresses))
    futures = [pool.submit(_connects, address) for address in addresses]
    # A name lookup has no timeout of its own, so slow threads are left to end by themselves.
    pool.shutdown(wait=False)
    done = wait(futures, CONNECT_SECONDS).done
    return [
        Broker(address, future in done and future.result()) for address, future in zip(addresses, futures, strict=True)
    ]


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that this process runs with."""
    return {"Python": platform.python_version(), **{name: version(name) for name in (*UNPICKLED_BY, "flask")}}


def _connects(address: str) -> bool:
    host, port = _split_address(address)
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except (OSError, OverflowError, UnicodeError):
        return False
    return True


def _split_address(address: str) -> tuple[str, int]:
    """Return the host and port of `host:port`, `[::1]:port`, or a host alone."""
    host, _, port = address.rpartition(":")
    if not host or address.endswith("]"):
        host, port = address, str(KAFKA_PORT)
    return host.strip("[]"), int(port)

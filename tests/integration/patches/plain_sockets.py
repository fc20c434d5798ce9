"""What kafka-python leaves open. It runs in a process that never imports petalstream.broker, which patches classes."""

import gc
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

import psutil
from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.net.inet import create_connection
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaTCPTransport

MORE_THAN_IS_TAKEN = b"x" * 20_000_000  # bytes; more than the system keeps for a connection that nobody reads


@dataclass(frozen=True)
class LeftOpen:
    """What is left: sockets of a failed connection, threads without a broker, sockets with data still to send."""

    failed: int
    threads: int
    unsent: int


def left_open(free_port: int) -> LeftOpen:
    """Return what each of three uses of the client leaves open; nothing listens on `free_port`."""
    gc.disable()  # which would close what nothing refers to
    return LeftOpen(of_failed_connection(free_port), of_missing_broker(free_port), of_unsent_data())


def of_failed_connection(port: int) -> int:
    """Return how many sockets a refused connection leaves open."""
    net, before = NetworkSelector(), psutil.Process().num_fds()
    # The error refers to the frame that refers to the socket, until the collector of garbage finds both.
    with suppress(KafkaError):
        net.run(create_connection, net, "127.0.0.1", port)
    found = psutil.Process().num_fds() - before
    net.close()
    return found


def of_missing_broker(port: int) -> int:
    """Return how many threads a client leaves running that finds no broker."""
    before = threading.active_count()
    with suppress(KafkaError):
        KafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}", bootstrap_timeout_ms=300)
    return threading.active_count() - before


def of_unsent_data() -> int:
    """Return how many sockets a closed client leaves open that still had data to send."""
    net, (own, other) = NetworkSelector(), socket.socketpair()
    own.setblocking(False)
    KafkaTCPTransport(net, own).write(MORE_THAN_IS_TAKEN)
    for _ in range(10):
        net.poll(timeout_ms=10)
    net.close()
    other.close()
    return int(own.fileno() != -1)

"""A client of Kafka closes its connections itself, and leaves none to the collector of garbage."""

import gc
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial

import psutil
import pytest

from embedded.ports import free_port
from embedded.waiting import wait_until
from petalstream.broker import KafkaError
from petalstream.broker.kafka_python import clients
from tests.stack import Stack

SECONDS, TRIES = 30, 3
MORE_THAN_IS_TAKEN = b"x" * 20_000_000  # bytes; what the system keeps for a broker that reads nothing is less


@contextmanager
def no_garbage_collected() -> Iterator[None]:
    """Only what nothing refers to any more is freed."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def is_open(port: int) -> bool:
    """Whether this process has a TCP connection from its own port `port`."""
    return port in {connection.laddr.port for connection in psutil.Process().net_connections("tcp")}


def test_a_connection_on_which_something_is_still_to_be_sent_is_closed_with_its_client(stack: Stack) -> None:
    reader = clients.new_reader(stack.servers)
    reader.topics()
    manager = reader._client._manager
    (connected,) = manager._conns.values()
    transport = connected.transport
    _, port = transport.getHost()
    with stack.broker.paused(), no_garbage_collected():
        manager._net.call_soon_threadsafe(lambda: transport.write(MORE_THAN_IS_TAKEN))
        wait_until(lambda: transport.last_write > transport.last_read, "some of it to be sent", SECONDS)
        assert is_open(port)
        reader.close(autocommit=False, timeout_ms=1000)
        assert not is_open(port)


@pytest.mark.parametrize(
    "new_client",
    [partial(clients.new_consumer, group="own", instance_id="own"), partial(clients.new_producer, delivery_seconds=1)],
    ids=["consumer", "producer"],
)
def test_a_client_that_finds_no_broker_leaves_nothing_open(new_client: Callable[..., object]) -> None:
    # In a process of its own, where nothing else opens files or starts threads.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
        found = child.submit(left_open, new_client, free_port()).result(SECONDS)
    assert found == [found[0]] * TRIES


def left_open(new_client: Callable[..., object], port: int) -> list[tuple[int, int]]:
    """How many files and threads the process has after each client that looked for a broker on `port`."""
    process, found = psutil.Process(), []
    with no_garbage_collected():
        for _ in range(TRIES):
            with suppress(KafkaError):
                new_client(f"127.0.0.1:{port}", bootstrap_seconds=0.5)
            found.append((process.num_fds(), threading.active_count()))
    return found

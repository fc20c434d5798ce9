"""A client of Kafka closes its connections itself, and leaves none to the collector of garbage."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest

from embedded.ports import free_port
from embedded.waiting import wait_until
from petalstream.broker import KafkaError
from petalstream.broker.kafka_python import clients
from tests.stack import Stack

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


def connections(port: int) -> set[int]:
    """The ports of this process from which it is connected to `port`."""
    return {found.laddr.port for found in psutil.Process().net_connections("tcp") if found.raddr[1:] == (port,)}


def test_a_connection_on_which_something_is_still_to_be_sent_is_closed_with_its_client(stack: Stack) -> None:
    before = connections(stack.broker.port)
    reader = clients.new_reader(stack.servers)
    reader.topics()
    manager = reader._client._manager
    (connected,) = manager._conns.values()
    with stack.broker.paused(), no_garbage_collected():
        manager._net.call_soon_threadsafe(lambda: connected.transport.write(MORE_THAN_IS_TAKEN))
        wait_until(lambda: connected.transport.last_write > connected.transport.last_read, "some to be sent", 30)
        assert connections(stack.broker.port) > before
        reader.close(autocommit=False, timeout_ms=1000)
        assert connections(stack.broker.port) <= before


@pytest.mark.parametrize(
    "new_client",
    [partial(clients.new_consumer, group="own", instance_id="own"), partial(clients.new_producer, delivery_seconds=1)],
    ids=["consumer", "producer"],
)
def test_a_client_that_finds_no_broker_leaves_nothing_open(new_client: Callable[..., object]) -> None:
    process = psutil.Process()
    with no_garbage_collected():
        before = process.num_fds(), process.num_threads()
        with pytest.raises(KafkaError):
            new_client(f"127.0.0.1:{free_port()}", bootstrap_seconds=1)
        assert (process.num_fds(), process.num_threads()) == before

"""Workarounds for sockets and threads that kafka-python 3.0.12 leaves open."""

from typing import Any

from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector


def leave_nothing_open() -> None:
    """Make all clients close their sockets and threads: after a failed connection, without a broker, when closed."""
    KafkaNetSocket.sock_connect = _closing_a_failed_one(KafkaNetSocket.sock_connect)
    KafkaConnectionManager.bootstrap = _closing_without_a_broker(KafkaConnectionManager.bootstrap)
    NetworkSelector.close = _closing_all_sockets(NetworkSelector.close)


def _closing_a_failed_one(connect: Any) -> Any:
    async def connect_or_close(factory: Any, net: Any, socket: Any, *call: Any, **options: Any) -> Any:
        try:
            return await connect(factory, net, socket, *call, **options)
        except BaseException:
            socket.close()
            raise

    return connect_or_close


def _closing_without_a_broker(bootstrap: Any) -> Any:
    """Close a client that finds no broker: its constructor raises, and its thread would run on otherwise."""

    def bootstrap_or_close(manager: Any, *call: Any, **options: Any) -> None:
        try:
            bootstrap(manager, *call, **options)
        except BaseException:
            manager.close()
            manager._net.close()
            raise

    return bootstrap_or_close


def _closing_all_sockets(close: Any) -> Any:
    """Close the sockets of connections that are not open yet, or that still have data to send, too."""

    def close_all(net: Any) -> None:
        if net._closed:
            return
        net.stop()
        waited_for = [key.fileobj for key in net._selector.get_map().values()]
        close(net)
        for socket in waited_for:
            socket.close()

    return close_all

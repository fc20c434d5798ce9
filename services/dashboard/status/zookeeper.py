"""Asks ZooKeeper whether it serves, in its own four-letter words."""

import socket
from contextlib import suppress

from petalstream.printable import printable
from services.dashboard.snapshot import Condition, Part

SECONDS = 2.0
# https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#sc_4lw: statistics of the server, allowed by default.
WORD, ANSWER = b"srvr", b"Mode: "


def ask_zookeeper(server: str) -> Part:
    """Return the state of the ZooKeeper at `host:port`; takes up to a few seconds."""
    host, _, port = server.rpartition(":")
    name = f"ZooKeeper at {server}"
    try:
        with socket.create_connection((host, int(port)), SECONDS) as connection:
            connection.settimeout(SECONDS)
            connection.sendall(WORD)
            answer = b""
            with suppress(TimeoutError):
                while piece := connection.recv(4096):
                    answer += piece
    except socket.gaierror:
        return Part(name, Condition.BAD, "not reachable", "its host name is not known: it may be stopped")
    except (OSError, ValueError) as error:
        return Part(name, Condition.BAD, "not reachable", printable(str(error)))
    if ANSWER not in answer:
        return Part(name, Condition.BAD, "not serving", printable(answer.decode(errors="replace")))
    mode = answer.split(ANSWER, 1)[1].split(b"\n", 1)[0]
    return Part(name, Condition.GOOD, "serving", printable(mode.decode(errors="replace")))

"""A consumer that closes before it has polled its assignment, at the moment at which its client hangs in that.

While it closes, the client calls back twice: to take the assignment, then to give it back. Each callback asks the
client's own thread to do so and waits for the answer. That thread ends the group right after its first answer, and
then drops without an answer all that it has been asked meanwhile: a second callback that has asked by then waits
forever (confluentinc/librdkafka#4884). One that asks later is refused, and the close ends.

Between its answer and its end, that thread writes two lines to the log. Here the log is a pipe that holds one line: the
thread stops at the second for as long as the first is not read, and the second callback is sure to ask in time.
"""

import fcntl
import multiprocessing
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import confluent_kafka
import psutil
import pytest

from embedded.waiting import wait_until
from petalstream.broker.confluent import Confluent
from petalstream.broker.confluent.consumer import Consumer
from tests.members import SECONDS, Follower

# Lines of the client's log: the assignment waits for a poll, the last one before the answer, and the group's end.
ASSIGNED, ANSWERS, ENDED = "-> wait-assign-call", "wait-unassign-to-complete -> init", "group sub-system terminated"
CLOSE, GIVING_BACK, CLOSED = "close", "giving back", "closed"
LINE_BYTES = 65_536  # more than any line has


class Unpolled:
    """A consumer in a process of its own that has its assignment, and has not polled since it subscribed."""

    def __init__(self, child: BaseProcess, log: Connection, reports: Connection) -> None:
        self._child, self._log, self._reports = child, log, reports
        self._last = ""
        self._read_until(ASSIGNED)

    def close(self) -> None:
        """Have it begin to close; hold the client's own thread until it has been asked to give the assignment back."""
        self._reports.send(CLOSE)
        self._read_until(ANSWERS)
        assert self._reports.poll(SECONDS), "the client does not call back to give the assignment back"
        assert self._reports.recv() == GIVING_BACK
        wait_until(self._is_waiting, "the callback to have asked, and to wait for an answer", SECONDS)

    def has_closed(self, seconds: float) -> bool:
        """Whether its close ends within some seconds of the group's end."""
        self._read_until(ENDED)
        end = time.monotonic() + seconds
        while ready := wait([self._log, self._reports], max(0, end - time.monotonic())):
            if self._reports in ready:
                return bool(self._reports.recv() == CLOSED)
            self._read()
        return False

    def _is_waiting(self) -> bool:
        """Whether the thread that polls and closes is asleep."""
        return bool(psutil.Process(self._child.pid).status() == psutil.STATUS_SLEEPING)

    def _read_until(self, words: str) -> None:
        end = time.monotonic() + SECONDS
        while words not in self._last:
            if not self._log.poll(max(0, end - time.monotonic())):
                raise TimeoutError(f"waited {SECONDS} s for {words!r} in the client's log; last saw {self._last!r}")
            self._read()

    def _read(self) -> None:
        line = os.read(self._log.fileno(), LINE_BYTES).decode(errors="replace")
        if not line:
            raise EOFError(f"the consumer's process has ended; last saw {self._last!r}")
        self._last = line


@contextmanager
def unpolled(servers: str, topic: str, gives_back: bool = True) -> Iterator[Unpolled]:
    """Yield a consumer, and kill its process in the end: a client that hangs keeps the interpreter to itself."""
    context = multiprocessing.get_context("spawn")
    log, written = pipe_of_one_line()
    reports, own = context.Pipe()
    child = context.Process(target=close_unpolled, args=[servers, topic, gives_back, written, own])
    child.start()
    written.close()
    own.close()
    try:
        yield Unpolled(child, log, reports)
    finally:
        child.kill()
        child.join(SECONDS)
        log.close()
        reports.close()


def pipe_of_one_line() -> tuple[Connection, Connection]:
    """The two ends of a pipe in which a write waits until the one before is read."""
    reading, writing = os.pipe2(os.O_DIRECT | os.O_CLOEXEC)  # each write is a packet, and has a page to itself
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, os.sysconf("SC_PAGE_SIZE"))
    return Connection(reading, writable=False), Connection(writing, readable=False)


def close_unpolled(servers: str, topic: str, gives_back: bool, log: Connection, reports: Connection) -> None:
    """Join a group without a poll and close when told to, with or without Consumer._give_back."""
    os.dup2(log.fileno(), 2)  # where the client writes its log if it has no logger
    client, follower = confluent_kafka.Consumer, Follower()
    follower.on_end = lambda partitions, are_lost: reports.send(GIVING_BACK)
    with pytest.MonkeyPatch.context() as context:
        context.setattr(confluent_kafka, "Consumer", lambda options, logger: client({**options, "debug": "cgrp"}))
        if not gives_back:
            context.setattr(Consumer, "_give_back", lambda consumer, deadline: None)
        consumer = Confluent().consumer(servers, uuid.uuid4().hex, "own", SECONDS)
        consumer.subscribe([topic], follower)  # from now on the client joins in the background
        assert reports.recv() == CLOSE
        consumer.close(SECONDS)
        reports.send(CLOSED)

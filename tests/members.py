"""Consumers of a group as tests use them: they begin where the group has read to, and note what begins and ends."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from petalstream.broker import Client, Consumer, KafkaError, Partition, PartitionState
from petalstream.messages import ReceivedRecord

SECONDS = 30


class Follower:
    """A PartitionListener that begins at the committed offset, or else at the log's start; end() calls `on_end`."""

    def __init__(self) -> None:
        self.on_end: Callable[[Collection[Partition], bool], None] = lambda partitions, are_lost: None
        self.begun: list[PartitionState] = []
        self.ended: list[tuple[frozenset[Partition], bool]] = []
        self.owned: frozenset[Partition] = frozenset()

    def begin(self, states: Sequence[PartitionState]) -> list[int]:
        """Note the states."""
        self.begun += states
        self.owned |= {state.partition for state in states}
        return [
            state.position.offset if state.position and not state.is_out_of_range else state.log_start
            for state in states
        ]

    def end(self, partitions: Collection[Partition], are_lost: bool) -> None:
        """Note the partitions."""
        self.on_end(partitions, are_lost)
        self.ended.append((frozenset(partitions), are_lost))
        self.owned -= set(partitions)


class Member:
    """A consumer of a group that joins as it is polled, and what it has polled."""

    def __init__(
        self, client: Client, servers: str, group: str, name: str, topics: Collection[str] = ("iris.requests",)
    ) -> None:
        self.follower, self.records = Follower(), list[ReceivedRecord]()
        self.consumer: Consumer = client.consumer(servers, group, name, SECONDS)
        self.consumer.subscribe(topics, self.follower)

    def poll(self, seconds: float = 0.05, most: int = 500) -> list[ReceivedRecord]:
        """Poll once, and keep the records."""
        polled = self.consumer.poll(seconds, most)
        self.records += polled
        return polled

    @contextmanager
    def polling(self, seconds: float = 0.05) -> Iterator[None]:
        """Poll in the background."""
        stop = threading.Event()
        errors: list[KafkaError] = []

        def poll() -> None:
            while not stop.is_set():
                try:
                    self.poll(seconds)
                except KafkaError as error:
                    errors.append(error)
                    return

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(SECONDS)
        assert errors == []


@contextmanager
def closing_all(*members: Member) -> Iterator[None]:
    """Close consumers in the end."""
    try:
        yield
    finally:
        for member in members:
            member.consumer.close(1)

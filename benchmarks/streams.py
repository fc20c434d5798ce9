"""A broker with a backlog of requests, and the rate at which a contestant brings results to its topic."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from benchmarks.bench import Bench, BenchmarkError, Features
from embedded import jars, node, ports
from embedded.processes import Processes
from embedded.waiting import wait_until
from petalstream.lifecycle import Stop
from petalstream.messages import Headers, write_request

PARTITIONS = 6
JVM = ["-Xmx1g"]
ANSWER_SECONDS, READ_SECONDS = 30, 120
# The broker's clock and not the writer's says when a result came.
APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}
Value = Callable[[Mapping[str, float]], bytes]


@dataclass(frozen=True)
class Broker:
    """A running broker, a client that asks it about topics, and the processes that end together with it."""

    servers: str
    processes: Processes
    admin: AdminClient

    def create(self, topic: str, partitions: int = PARTITIONS) -> str:
        """Make a topic; its name."""
        self.admin.create_topics([NewTopic(topic, partitions, config=APPEND_TIME)])[topic].result(ANSWER_SECONDS)
        wait_until(lambda: self._is_led(topic), f"{topic} to have leaders", ANSWER_SECONDS)
        return topic

    def _is_led(self, topic: str) -> bool:
        try:
            return bool(self.ends(topic))
        except KafkaException:
            return False

    def ends(self, topic: str) -> dict[int, int]:
        """The offset after the last one of each partition."""
        partitions = self.admin.list_topics(topic, ANSWER_SECONDS).topics[topic].partitions
        wanted = {TopicPartition(topic, number): OffsetSpec.latest() for number in partitions}
        found = self.admin.list_offsets(wanted)
        return {place.partition: told.result(ANSWER_SECONDS).offset for place, told in found.items()}

    def count(self, topic: str) -> int:
        """How many offsets of the topic are used."""
        return sum(self.ends(topic).values())

    def fill(
        self,
        topic: str,
        rows: Sequence[Features],
        count: int,
        value: Value | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Write requests as the stack's producer does, but for another body that `value` makes, and more `headers`."""
        producer = Producer(
            {"bootstrap.servers": self.servers, "partitioner": "murmur2_random", "linger.ms": 50, "acks": "all"}
        )
        for number in range(count):
            row = rows[number % len(rows)]
            message = write_request("iris", str(number), row, "setosa", str(uuid.UUID(int=number)), datetime.now(UTC))
            body = value(row) if value else message.value
            _produce(producer, topic, body, message.key or b"", [*message.headers, *headers])
        if left := producer.flush(ANSWER_SECONDS):
            raise BenchmarkError(f"{left} records were not taken into {topic}")

    def results(self, topic: str, begin: dict[int, int]) -> list[tuple[int, bytes]]:
        """When the broker took each committed record from `begin` on, in milliseconds, and its value."""
        places = [TopicPartition(topic, number, begin.get(number, 0)) for number in self.ends(topic)]
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "benchmark", "enable.partition.eof": True})
        found: list[tuple[int, bytes]] = []
        ended: set[int | None] = set()
        try:
            consumer.assign(places)
            deadline = time.monotonic() + READ_SECONDS
            while len(ended) < len(places):
                polled = consumer.consume(10_000, 0.2)
                ended |= {each.partition() for each in polled if each.error()}
                found += [(each.timestamp()[1], each.value() or b"") for each in polled if not each.error()]
                if time.monotonic() > deadline:
                    raise BenchmarkError(f"{topic} was not read to its end in {READ_SECONDS} s")
        finally:
            consumer.close()
        return found


def rate(timestamps: Sequence[int]) -> float:
    """Results a second after the first batch, from the broker's times in milliseconds. Raises BenchmarkError."""
    ordered = sorted(timestamps)
    if not ordered or ordered[0] == ordered[-1]:
        raise BenchmarkError(f"{len(ordered)} results came at once, and give no rate")
    later = sum(each > ordered[0] for each in ordered)
    return later / (ordered[-1] - ordered[0]) * 1000


@contextmanager
def broker(bench: Bench) -> Iterator[Broker]:
    """A broker of its own, with the JVM's own compiler: what is measured is the clients."""
    port = ports.free_port()
    folder = bench.folder / f"kafka-{port}"
    with Processes(Stop()) as processes:
        node.start(processes, jars.fetch(), folder, port, ports.free_port(), JVM)
        servers = f"127.0.0.1:{port}"
        yield Broker(servers, processes, AdminClient({"bootstrap.servers": servers, "log_level": 0}))


def _produce(producer: Producer, topic: str, value: bytes | None, key: bytes, headers: Headers) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        try:
            producer.produce(topic, value, key, headers=list(headers))
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
    raise KafkaException(f"{topic} took nothing for {ANSWER_SECONDS} s")

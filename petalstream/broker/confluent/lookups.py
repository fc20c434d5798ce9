"""What the broker knows of partitions and topics, through confluent-kafka's admin client."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from confluent_kafka import IsolationLevel, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from petalstream.broker.confluent.errors import translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.options import ANSWER_SECONDS
from petalstream.broker.errors import KafkaTimeoutError
from petalstream.broker.interfaces import LOOK_UP_SECONDS, TOPIC_ID_SECONDS
from petalstream.broker.partitions import TOPIC_ID_LENGTH, Partition, PartitionState, Position, Positions

URL_SAFE = str.maketrans("+/", "-_")
Answers = Mapping[Any, Future[Any]]
Committed = Callable[[list[TopicPartition], float], list[TopicPartition]]


class Lookups:
    """Asks for the ends of logs and the ids of topics. What takes longer than LOOK_UP_SECONDS can be asked again."""

    def __init__(self, servers: str) -> None:
        self._client = AdminClient({"bootstrap.servers": servers}, logger=log)
        self._unanswered: dict[object, Answers] = {}
        self._ids: Answers = {}
        self._looked = time.monotonic()

    def ends(self, partitions: Sequence[Partition], spec: OffsetSpec) -> list[int]:
        """Return the first or last offset of each partition. Raises KafkaError."""

        def ask() -> Answers:
            specs = {TopicPartition(*partition): spec for partition in partitions}
            return self._client.list_offsets(specs, isolation_level=IsolationLevel.READ_COMMITTED)

        found = self._answer((*partitions, repr(spec)), ask)
        offsets = {(each.topic, each.partition): int(end.offset) for each, end in found.items()}
        return [offsets[topic, number] for topic, number in partitions]

    def states(self, partitions: Sequence[Partition], ask: Committed, out_of_range: Positions) -> list[PartitionState]:
        """Return the states of partitions of one topic; `ask` returns what is committed. Raises KafkaError.

        `out_of_range` has the positions at which the broker has refused fetches.
        """
        topic_id = self.topic_id(partitions[0].topic)
        starts, ends = (self.ends(partitions, spec) for spec in (OffsetSpec.earliest(), OffsetSpec.latest()))
        with translating():
            committed = ask([TopicPartition(*each) for each in partitions], LOOK_UP_SECONDS)
        states: list[PartitionState] = []
        for partition, start, end, last in zip(partitions, starts, ends, committed, strict=True):
            position = out_of_range.get(partition, committed_position(last))
            # The library may have fetched elsewhere: at an offset that it has read from corrupt bytes.
            is_out_of_range = partition in out_of_range and not start <= out_of_range[partition].offset <= end
            states.append(PartitionState(partition, topic_id, position, start, end, is_out_of_range))
        return states

    def topic_id(self, topic: str) -> str:
        """Return the id of a topic now. Raises KafkaError."""
        return _id(self._answer(topic, lambda: self._describe([topic]))[topic])

    def recreated(self, known: Mapping[str, str]) -> set[str]:
        """Return the topics that have other ids by now than those known; it looks once a second."""
        now = time.monotonic()
        if now < self._looked + TOPIC_ID_SECONDS:
            return set()
        self._looked = now
        return {topic for topic, topic_id in self._latest_ids(known).items() if topic_id != known[topic]}

    def _latest_ids(self, topics: Collection[str]) -> dict[str, str]:
        """Return the ids that the last call asked for, where they are known by now, and ask again."""
        found = {
            topic: _id(future.result())
            for topic, future in self._ids.items()
            if topic in topics and future.done() and not future.exception()
        }
        if all(future.done() for future in self._ids.values()):
            self._ids = self._describe(topics) if topics else {}
        return found

    def _describe(self, topics: Collection[str]) -> Answers:
        return self._client.describe_topics(TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS)

    def _answer(self, question: object, ask: Callable[[], Answers]) -> dict[Any, Any]:
        """Return what the broker answers to a question; raises KafkaTimeoutError where it is to be asked again."""
        deadline = time.monotonic() + LOOK_UP_SECONDS
        with translating():
            futures = self._unanswered.pop(question, None) or ask()
            try:
                return {key: future.result(max(0.0, deadline - time.monotonic())) for key, future in futures.items()}
            except FutureTimeoutError:
                self._unanswered[question] = futures
                raise KafkaTimeoutError("the broker did not answer in time") from None


def committed_position(committed: TopicPartition) -> Position | None:
    """Return the position that a group has committed; None if it has committed none.

    Another client may have committed metadata without the byte that ends a text in C. The library then returns bytes of
    its memory after it, and raises UnicodeDecodeError if these are no text.
    """
    if committed.offset < 0:
        return None
    try:
        topic_id = (committed.metadata or "")[:TOPIC_ID_LENGTH]
    except UnicodeDecodeError:
        topic_id = ""
    return Position(committed.offset, topic_id)


def _id(described: Any) -> str:
    """Return the id of a topic as Kafka's tools write it: the library has "+" and "/" where they have "-" and "_"."""
    return str(described.topic_id).translate(URL_SAFE)

"""What the broker knows of partitions and topics, through confluent-kafka's admin client."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from confluent_kafka import IsolationLevel, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from petalstream.broker.confluent.errors import translating
from petalstream.broker.confluent.logs import log
from petalstream.broker.confluent.options import ANSWER_SECONDS
from petalstream.broker.errors import KafkaTimeoutError
from petalstream.broker.interfaces import LOOK_UP_SECONDS
from petalstream.broker.partitions import Partition


class Lookups:
    """Asks for the ends of logs and the ids of topics."""

    def __init__(self, servers: str) -> None:
        self._client = AdminClient({"bootstrap.servers": servers}, logger=log)
        self._asked: Mapping[str, Future[Any]] = {}

    def ends(self, partitions: Sequence[Partition], spec: OffsetSpec) -> list[int]:
        """Return the first or last offset of each partition. Raises KafkaError."""
        places = {TopicPartition(*partition): spec for partition in partitions}
        with translating():
            asked = self._client.list_offsets(places, isolation_level=IsolationLevel.READ_COMMITTED)
            found = {(place.topic, place.partition): _result(answer).offset for place, answer in asked.items()}
        return [int(found[topic, number]) for topic, number in partitions]

    def topic_id(self, topic: str) -> str:
        """Return the id of a topic now. Raises KafkaError."""
        with translating():
            return _id(_result(self._describe([topic])[topic]))

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        """Return the ids that the last call asked for, where they are known by now, and ask again."""
        found: dict[str, str] = {}
        for topic, answer in self._asked.items():
            if answer.done() and not answer.exception():
                found[topic] = _id(answer.result())
        if all(answer.done() for answer in self._asked.values()):
            self._asked = self._describe(topics) if topics else {}
        return {topic: topic_id for topic, topic_id in found.items() if topic in topics}

    def _describe(self, topics: Collection[str]) -> Mapping[str, Future[Any]]:
        described: Mapping[str, Future[Any]] = self._client.describe_topics(
            TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS
        )
        return described


def _result(answer: Future[Any]) -> Any:
    try:
        return answer.result(LOOK_UP_SECONDS)
    except FutureTimeoutError:
        raise KafkaTimeoutError("the broker did not say in time where the log begins") from None


def _id(described: Any) -> str:
    return str(described.topic_id)

"""Messages and the offsets of several groups in one transaction, through kafka-python."""

from collections.abc import Mapping

from kafka import OffsetAndMetadata, TopicPartition

from petalstream.broker.errors import InvalidProducerEpochError, ProducerFencedError
from petalstream.broker.interfaces import Left
from petalstream.broker.kafka_python.clients import new_transactional_producer
from petalstream.broker.kafka_python.producer import Producer


class OffsetsProducer(Producer):
    """A producer whose transactions commit offsets of any groups that have no members.

    It first ends an open transaction of an earlier producer of its id, which can then write nothing more.
    """

    def __init__(
        self, bootstrap_servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> None:
        super().__init__(
            new_transactional_producer(bootstrap_servers, delivery_seconds, transactional_id, bootstrap_seconds)
        )

    @property
    def is_fenced(self) -> bool:
        """Whether the broker takes nothing more: a later producer has the id, or a transaction lasted too long."""
        return isinstance(self._manager.last_error, ProducerFencedError | InvalidProducerEpochError)

    def begin(self) -> None:
        """Begin a transaction. Raises KafkaError."""
        self._client.begin_transaction()

    def commit(self, topic: str, offsets: Mapping[str, Mapping[int, int]], left: Left) -> None:
        """Commit the messages, and of each group the offsets in `topic` by partition, in the seconds that are `left`.

        Raises KafkaError, after which the transaction may have been committed.
        """
        for group, of_group in offsets.items():
            committed = {
                TopicPartition(topic, number): OffsetAndMetadata(offset) for number, offset in of_group.items()
            }
            # One group after the other: the client keeps the pending offsets of a single one.
            result = self._manager.send_offsets_to_transaction(committed, group)
            self._await(result, f"take the offsets of {group}", left())
        self._await(self._manager.begin_commit(), "commit the transaction", left())

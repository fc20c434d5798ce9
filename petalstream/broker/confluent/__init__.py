"""The stream through confluent-kafka, a faster client in C that is installed where KAFKA_CLIENT asks for it."""

from petalstream.broker.confluent.consumer import Consumer
from petalstream.broker.confluent.producer import Producer, options
from petalstream.broker.errors import KafkaError, MessageSizeTooLargeError


class Confluent:
    """petalstream.broker.Client through confluent-kafka.

    It connects in the background: but for transactions, its clients are there before a broker has answered. It never
    splits a batch; once a topic has refused one for its size, the producers made from then on send each record alone.
    """

    def __init__(self) -> None:
        self._alone = False

    def consumer(self, servers: str, group: str, instance_id: str, bootstrap_seconds: float) -> Consumer:
        """A consumer in `group`."""
        return Consumer(servers, group, instance_id)

    def sender(self, servers: str, delivery_seconds: int) -> Producer:
        """A sender."""
        return self._new(servers, delivery_seconds)

    def producer(self, servers: str, delivery_seconds: int, bootstrap_seconds: float) -> Producer:
        """A producer."""
        return self._new(servers, delivery_seconds)

    def transactional_producer(
        self, servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> Producer:
        """A producer with transactions. Raises KafkaError where the broker does not open them in time."""
        producer = self._new(servers, delivery_seconds, transactional_id)
        producer.init_transactions(bootstrap_seconds)
        return producer

    def on_size(self, error: MessageSizeTooLargeError) -> KafkaError:
        """What to raise where a batch was refused for its size, which is a record's fault only where it is alone."""
        if self._alone:
            return error
        self._alone = True
        return KafkaError(f"a batch was refused for its size, and from now on each record is sent alone: {error}")

    def _new(self, servers: str, delivery_seconds: int, transactional_id: str | None = None) -> Producer:
        own = options(servers, delivery_seconds, self._alone, transactional_id)
        return Producer(own, delivery_seconds, self.on_size)

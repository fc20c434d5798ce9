"""The stream through kafka-python, which is always installed.

Some modules change private parts of the client; client_version.py says which version they are for. The tests in
tests/integration/patches fail, with the patch's name, once the client works without it.
"""

from petalstream.broker.kafka_python import clients
from petalstream.broker.kafka_python.consumer import Consumer
from petalstream.broker.kafka_python.producer import Producer


class KafkaPython:
    """petalstream.broker.Client through kafka-python."""

    def consumer(self, servers: str, group: str, instance_id: str, bootstrap_seconds: float) -> Consumer:
        """Return a consumer in `group`. Raises KafkaError if no broker answers in time."""
        return Consumer(*clients.new_consumer(servers, group, instance_id, bootstrap_seconds))

    def sender(self, servers: str, delivery_seconds: int) -> Producer:
        """Return a sender. Raises KafkaError if no broker answers in time."""
        return Producer(clients.new_producer(servers, delivery_seconds))

    def producer(self, servers: str, delivery_seconds: int, bootstrap_seconds: float) -> Producer:
        """Return a producer. Raises KafkaError if no broker answers in time."""
        linger = clients.BATCH_LINGER_MS
        return Producer(clients.new_producer(servers, delivery_seconds, bootstrap_seconds, linger_ms=linger))

    def transactional_producer(
        self, servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> Producer:
        """Return a producer with transactions. Raises KafkaError if no broker answers in time."""
        return Producer(
            clients.new_transactional_producer(servers, delivery_seconds, transactional_id, bootstrap_seconds)
        )

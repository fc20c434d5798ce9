"""The stream through confluent-kafka, a faster client in C that is installed if KAFKA_CLIENT asks for it."""

from petalstream.broker.confluent.consumer import Consumer
from petalstream.broker.confluent.producer import Producer
from petalstream.broker.confluent.statistics import Statistics


class Confluent:
    """petalstream.broker.Client through confluent-kafka.

    It connects in the background: except for transactions, its clients exist before a broker has answered.
    """

    def consumer(self, servers: str, group: str, instance_id: str, bootstrap_seconds: float) -> Consumer:
        """Return a consumer in `group`."""
        return Consumer(servers, group, instance_id)

    def sender(self, servers: str, delivery_seconds: int) -> Producer:
        """Return a sender."""
        return Producer(servers, delivery_seconds, statistics=Statistics())

    def producer(self, servers: str, delivery_seconds: int, bootstrap_seconds: float) -> Producer:
        """Return a producer."""
        return Producer(servers, delivery_seconds)

    def transactional_producer(
        self, servers: str, delivery_seconds: int, transactional_id: str, bootstrap_seconds: float
    ) -> Producer:
        """Return a producer with transactions. Raises KafkaError if the broker does not open them in time."""
        producer = Producer(servers, delivery_seconds, transactional_id)
        producer.init_transactions(bootstrap_seconds)
        return producer

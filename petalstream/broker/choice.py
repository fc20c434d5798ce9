"""Chooses the package that the stream talks to Kafka with."""

import importlib.util

from petalstream.broker.errors import ClientNotInstalled
from petalstream.broker.interfaces import Client
from petalstream.broker.kafka_python import KafkaPython
from petalstream.settings import KafkaClient


def client(wanted: KafkaClient) -> Client:
    """Return the client that the setting KAFKA_CLIENT names. Raises ClientNotInstalled."""
    if wanted == KafkaClient.KAFKA_PYTHON:
        return KafkaPython()
    if importlib.util.find_spec("confluent_kafka") is None:
        raise ClientNotInstalled(wanted, "confluent-kafka")
    from petalstream.broker.confluent import Confluent  # it cannot be imported without the package

    return Confluent()

"""The real broker and services of tests/stack.py."""

from tests.brokers import kafka_broker, kafka_jars, shared_broker
from tests.stack import kafka_client, shared_api, stack

__all__ = ["kafka_broker", "kafka_client", "kafka_jars", "shared_api", "shared_broker", "stack"]

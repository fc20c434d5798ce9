"""The real broker and services of tests/stack.py."""

from tests.stack import kafka_client, kafka_jars, stack

__all__ = ["kafka_client", "kafka_jars", "stack"]

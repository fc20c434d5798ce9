"""confluent-kafka still hangs in a close that petalstream/broker/confluent/consumer.py saves from a new assignment."""

import pytest

from tests.brokers import LocalBroker
from tests.integration.patches.needed import assert_needed, create
from tests.unpolled import unpolled

# What a client does without a patch changes with its version alone.
pytestmark = pytest.mark.long

TOPIC, HANG_SECONDS = "patches", 8


def test_the_client_hangs_in_a_close_that_meets_a_new_assignment(kafka_broker: LocalBroker) -> None:
    # That Consumer.close() ends: tests/integration/test_ownership.py.
    create(kafka_broker.servers, TOPIC, partitions=6)
    with unpolled(kafka_broker.servers, TOPIC, gives_back=False) as consumer:
        consumer.close()
        assert_needed("Consumer._give_back", not consumer.has_closed(HANG_SECONDS))

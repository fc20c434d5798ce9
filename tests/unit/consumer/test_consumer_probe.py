"""The health check of the consumer's container, as the process that it is, against a real HTTP server."""

import re
from contextlib import closing

from embedded.ports import free_port
from services.consumer.health import Health, serving
from services.consumer.health.liveness import Liveness
from tests.consumer_health import ConsumerHealth


def test_it_succeeds_while_the_main_loop_works_and_fails_with_the_reason_once_it_is_stuck() -> None:
    port = free_port()
    with closing(Health("nowhere:9092", "group")) as health, serving(health, "127.0.0.1", port):
        assert ConsumerHealth(port).probe() == (0, "")
        health.liveness = Liveness(limit_seconds=0)
        code, said = ConsumerHealth(port).probe()
    assert code == 1
    assert re.match(rf"GET /health on port {port} was answered with 503: .*has not polled Kafka for \d+ s", said)


def test_it_fails_where_nobody_answers_and_succeeds_where_nothing_was_to_answer() -> None:
    code, said = ConsumerHealth(free_port()).probe()
    assert code == 1
    assert "Connection refused" in said
    assert ConsumerHealth(0).probe() == (0, "")

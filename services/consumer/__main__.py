"""`python -m services.consumer`: score request records until SIGTERM; exit code 1 where it could not go on."""

import functools
import logging
import socket
import sys

from petalstream import broker, lifecycle, logs, settings
from petalstream.broker import KafkaError
from petalstream.messages import REQUEST_TOPICS, UnreadableRecord
from petalstream.settings import Settings
from services.consumer.client import ApiClient, ApiError
from services.consumer.loop import DELIVERY_SECONDS, UnscorableRecord, Worker

log = logging.getLogger("services.consumer")


def main() -> int:
    """Wire the consumer and run it; the exit code."""
    configured = settings.load_or_exit("consumer")
    logs.configure(configured.log_level)
    try:
        run(configured)
    except (ApiError, KafkaError, UnreadableRecord, UnscorableRecord) as error:
        log.error("%s: %s; what is not committed will be read again", type(error).__name__, error)
        return 1
    return 0


def run(configured: Settings) -> None:
    """Score every `*.requests` topic until asked to stop. Raises what Worker.run raises."""
    stop = lifecycle.stop_on_signals()
    servers = configured.kafka_bootstrap_servers
    instance = configured.consumer_instance_id or socket.gethostname()
    consumer = broker.new_consumer(servers, configured.consumer_group, instance)
    producer = broker.new_producer(servers, DELIVERY_SECONDS)
    try:
        consumer.subscribe(pattern=REQUEST_TOPICS.pattern)
        log.info("waiting for records in group %s as %s", configured.consumer_group, instance)
        create_once = functools.cache(lambda model: broker.create_topics(servers, model, configured.topic_partitions))
        Worker(
            consumer,
            producer,
            ApiClient(configured.api_url, configured.api_timeout),
            create_once,
            configured.consumer_batch_records,
        ).run(stop)
        log.info("stopped; every record read has its prediction")
    finally:
        consumer.close(autocommit=False, timeout_ms=1000)
        producer.close(timeout=1)


if __name__ == "__main__":
    sys.exit(main())

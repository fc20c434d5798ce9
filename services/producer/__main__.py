"""`python -m services.producer`: stream the test sets; exit code 0 if the broker took every record."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from petalstream import broker, bundle, lifecycle, logs, settings
from petalstream.broker import KafkaError
from petalstream.bundle import Bundle, BundleError
from petalstream.settings import Settings
from services.producer.records import request_messages
from services.producer.stream import DELIVERY_SECONDS, stream

log = logging.getLogger("services.producer")


def main() -> int:
    """Wire the producer and run it; the exit code."""
    configured = settings.load_or_exit("producer")
    logs.configure(configured.log_level)
    try:
        return run(configured)
    except (BundleError, KafkaError) as error:
        log.error("%s: %s", type(error).__name__, error)
        return 1


def run(configured: Settings) -> int:
    """Stream the test set of every published model. Raises BundleError where there is none, KafkaError."""
    stop = lifecycle.stop_on_signals()
    bundles = list(published(configured.models_dir))
    if not bundles:
        raise BundleError(f"no model in {configured.models_dir}; run the trainer first")
    names = [found.manifest.model for found in bundles]
    for name in names:
        broker.create_topics(configured.kafka_bootstrap_servers, name, configured.topic_partitions)
    producer = broker.new_producer(configured.kafka_bootstrap_servers, DELIVERY_SECONDS)
    try:
        log.info("streaming the test set of %s, a record each %g s", ", ".join(names), configured.producer_interval)
        messages = request_messages(bundles, configured.producer_loop)
        report = stream(producer, messages, configured.producer_interval, stop)
    finally:
        broker.close_producer(producer, 1)
    log.info("%d sent, %d acknowledged, %d failed", report.sent, report.acknowledged, report.failed)
    return 0 if report.acknowledged == report.sent else 1


def published(models_dir: Path) -> Iterator[Bundle]:
    """The served bundles; one that is not as it was published is named in the log, and the others are streamed."""
    for name in bundle.model_names(models_dir):
        try:
            found = bundle.current(models_dir, name)
            found.verify()
            yield found
        except BundleError as error:
            log.error("%s is not streamed: %s", name, error)


if __name__ == "__main__":
    sys.exit(main())

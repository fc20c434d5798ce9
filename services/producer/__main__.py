"""`python -m services.producer`: stream the test sets; exit code 0 if the broker took every record."""

import logging
import sys
from contextlib import closing

from petalstream import broker, lifecycle, logs, settings
from petalstream.broker import BrokerWatch, ClientNotInstalled, KafkaError
from petalstream.line_writer import standard_error
from petalstream.model.manifest import BundleError
from petalstream.settings import Settings
from services.producer.records import request_messages
from services.producer.samples import again_and_again, published
from services.producer.stream import DELIVERY_SECONDS, stream

log = logging.getLogger("services.producer")


def main() -> int:
    """Wire the producer and run it; the exit code."""
    configured = settings.load_or_exit("producer")
    logs.configure(configured.log_level, standard_error())
    try:
        return run(configured)
    except (BundleError, KafkaError) as error:
        log.error("%s: %s", type(error).__name__, error)
        return 1
    except ClientNotInstalled as error:
        log.error("%s", error)
        return 1


def run(configured: Settings) -> int:
    """Stream the test set of every published model. Raises ClientNotInstalled, KafkaError, and BundleError where no
    model is left.
    """
    client = broker.client(configured.kafka_client)
    stop = lifecycle.stop_on_signals()
    models_dir, loop = configured.models_dir, configured.producer_loop
    samples = {
        found.manifest.model: again_and_again(models_dir, found) if loop else found.test_set()
        for found in published(models_dir)
    }
    if not samples:
        raise BundleError(f"no model in {models_dir}; run the trainer first")
    for name in samples:
        broker.create_topics(configured.kafka_bootstrap_servers, name, configured.topic_partitions)
    sender = client.sender(configured.kafka_bootstrap_servers, DELIVERY_SECONDS)
    try:
        log.info("streaming the test set of %s, a record each %g s", ", ".join(samples), configured.producer_interval)
        with closing(BrokerWatch(configured.kafka_bootstrap_servers, sender.is_connected).start()):
            report = stream(sender, request_messages(samples), configured.producer_interval, stop)
    finally:
        sender.close(1)
    log.info("%d sent, %d acknowledged, %d failed", report.sent, report.acknowledged, report.failed)
    if loop and not stop.requested():
        raise BundleError(f"no model in {models_dir} is left to stream")
    return 0 if report.acknowledged == report.sent else 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m services.consumer`: score request records until SIGTERM; exit code 1 where waiting does not help."""

import logging
import socket
import sys

from petalstream import lifecycle, logs, memory, settings
from petalstream.broker import ClientNotInstalled, KafkaError
from petalstream.keys import KeysError
from petalstream.line_writer import standard_error
from petalstream.settings import ConsumerPrint
from services.consumer import metrics, supervisor

log = logging.getLogger("services.consumer")


def main() -> int:
    """Wire the consumer and run it; the exit code."""
    configured = settings.load_or_exit("consumer")
    logs.configure(configured.log_level, standard_error())
    if configured.consumer_print != ConsumerPrint.FEATURES:
        logs.hide_records()
    memory.settle()
    stop = lifecycle.stop_on_signals()
    instance = configured.consumer_instance_id or socket.gethostname()
    try:
        metrics.serve(configured.consumer_metrics_host, configured.consumer_metrics_port)
    except OSError as error:
        log.error("CONSUMER_METRICS_PORT %d cannot be listened on: %s", configured.consumer_metrics_port, error)
        return 1
    try:
        supervisor.run(configured, instance, stop)
    except (ClientNotInstalled, KeysError) as error:
        log.error("%s", error)
        return 1
    except KafkaError as error:
        log.error("%s; what is not committed will be read again", error)
        return 1
    log.info("stopped; every committed record has its prediction or its dead letter")
    return 0


if __name__ == "__main__":
    sys.exit(main())

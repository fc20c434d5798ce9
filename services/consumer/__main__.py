"""`python -m services.consumer`: score request records until SIGTERM; exit code 1 where waiting does not help."""

import logging
import socket
import sys
from contextlib import closing

from petalstream import lifecycle, logs, memory, settings
from petalstream.broker import ClientNotInstalled, KafkaError
from petalstream.keys import KeysError
from petalstream.line_writer import standard_error
from petalstream.settings import ConsumerPrint
from services.consumer import supervisor
from services.consumer.health import Health, PortNotFree, serving

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
        with (
            closing(Health(configured.kafka_bootstrap_servers, configured.consumer_group)) as health,
            serving(health, configured.consumer_health_host, configured.consumer_health_port),
        ):
            supervisor.run(configured, instance, stop, health)
    except PortNotFree as error:
        log.error("CONSUMER_HEALTH_PORT: %s", error)
        return 1
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

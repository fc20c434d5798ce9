"""Keeps a Kafka consumer at work: after an error a new one goes on from the committed offsets. The lanes stay."""

import functools
import logging
import time
from collections.abc import Callable
from contextlib import closing

from tenacity import RetryCallState, Retrying, retry_if_exception

from petalstream import broker
from petalstream.broker import Client, FencedInstanceIdError, InconsistentGroupProtocolError, KafkaError
from petalstream.keys import authorization
from petalstream.lifecycle import Stop
from petalstream.messages import REQUEST_TOPICS, model_of, requests_topic
from petalstream.settings import Delivery, Settings
from services.consumer import error_policy, metrics, wiring
from services.consumer.api_client.repository import model_names
from services.consumer.consumer_loop import ConsumerLoop
from services.consumer.delivery.writer import BOOTSTRAP_SECONDS
from services.consumer.health import Health
from services.consumer.lanes.lanes import Lanes
from services.consumer.models import Models
from services.consumer.offsets.starts import Starts
from services.consumer.pauses import LanePauses
from services.consumer.subscription import Subscription

CLOSE_SECONDS = 1
# While the client unpacks what a poll returns, the records of other models wait.
POLLS_A_BATCH = 3
# A consumer that has worked for so long has recovered: the next error is the first one again.
RECOVERED_SECONDS = 600
log = logging.getLogger(__name__)


def run(configured: Settings, instance: str, stop: Stop, health: Health) -> None:
    """Score the requests to all models until asked to stop.

    Raises KafkaError where a new consumer does not help, ClientNotInstalled, and KeysError where the file of API keys
    cannot be read.
    """
    client = broker.client(configured.kafka_client)
    pauses = LanePauses(configured.kafka_bootstrap_servers, configured.consumer_group)
    headers = authorization(configured.api_keys)
    lanes = Lanes(functools.partial(wiring.new_lane, configured, client, instance, headers, pauses))
    fetch = functools.partial(model_names, configured.api_url, headers)
    models = Models(configured.consumer_models.names, fetch)
    consume = functools.partial(_consume, configured, client, instance, lanes, pauses, models, stop, health)
    with closing(pauses), closing(models):
        try:
            _keep_consuming(consume, instance, stop, health)
        finally:
            lanes.close(CLOSE_SECONDS)


def _keep_consuming(consume: Callable[[], None], instance: str, stop: Stop, health: Health) -> None:
    """Call `consume` until asked to stop, again after a KafkaError that a new consumer may not meet."""

    def sleep(seconds: float) -> None:
        health.liveness.note(seconds)
        _wait(stop, seconds)

    restarts = Retrying(
        retry=retry_if_exception(lambda error: _is_passing(error, stop)),
        wait=error_policy.for_broker,
        sleep=sleep,
        before_sleep=lambda state: _log_restart(state.outcome.exception() if state.outcome else None, health),
        reraise=True,
    )
    after_a_twin = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, FencedInstanceIdError) and not stop.requested()),
        wait=error_policy.for_twin,
        sleep=sleep,
        before_sleep=functools.partial(_report_twin, instance),
        reraise=True,
    )
    while not stop.requested():
        restarts(after_a_twin, _consume_until_error, consume, stop, health)


def _consume_until_error(consume: Callable[[], None], stop: Stop, health: Health) -> None:
    """Raise an error of `consume`, unless it has worked for long enough before to be begun again at once."""
    began = time.monotonic()
    try:
        if not stop.requested():
            consume()
    except KafkaError as error:
        if isinstance(error, FencedInstanceIdError) and stop.requested():
            return  # the other consumer of this id goes on
        if not _is_passing(error, stop) or time.monotonic() - began < RECOVERED_SECONDS:
            raise
        _log_restart(error, health)


def _consume(
    configured: Settings,
    client: Client,
    instance: str,
    lanes: Lanes,
    pauses: LanePauses,
    models: Models,
    stop: Stop,
    health: Health,
) -> None:
    """Work with one Kafka consumer until asked to stop. Raises KafkaError."""
    servers, group = configured.kafka_bootstrap_servers, configured.consumer_group
    health.liveness.note()
    models.start(stop)
    if stop.requested():
        return
    pauses.start()
    if configured.delivery == Delivery.EXACTLY_ONCE:
        # The offsets of a transaction that a killed consumer left open could not be read until it timed out.
        lanes.open(models.names & set(map(model_of, broker.topics(servers, REQUEST_TOPICS))))
    topics = set(map(requests_topic, models.names))
    broker.forget_old_subscription(servers, group, instance, topics, BOOTSTRAP_SECONDS)
    consumer = client.consumer(servers, group, instance, BOOTSTRAP_SECONDS)
    try:
        starts = Starts(pauses.read_partitions, configured.consumer_lost_offsets)
        subscription = Subscription(consumer, lambda: models.names)
        most = max(1, configured.consumer_batch_records // POLLS_A_BATCH)
        log.info("waiting for records in group %s as %s", group, instance)
        health.use(consumer)
        note_turn = functools.partial(health.note_turn, lanes)
        ConsumerLoop(consumer, lanes, starts, subscription, most, note_turn).run(stop)
    finally:
        health.drop()
        consumer.close(CLOSE_SECONDS)


def _is_passing(error: BaseException, stop: Stop) -> bool:
    return isinstance(error, KafkaError) and not isinstance(error, error_policy.FATAL) and not stop.requested()


def _wait(stop: Stop, seconds: float) -> None:
    stop.wait(seconds)


def _report_twin(instance: str, state: RetryCallState) -> None:
    metrics.CLIENT_RESTARTS.inc()
    if state.attempt_number == 1:
        log.error(
            "another consumer is %r too: give each a CONSUMER_INSTANCE_ID of its own. Each of the two now works in"
            " turn, for 10 s to 5 min",
            instance,
        )


def _log_restart(error: BaseException | None, health: Health) -> None:
    metrics.CLIENT_RESTARTS.inc()
    health.note_error(error)
    if isinstance(error, InconsistentGroupProtocolError):
        log.error(
            "the group has consumers with another assignment strategy, as those of an older version: stop them all."
            " A new Kafka consumer tries again until then"
        )
    elif not health.is_broker_away:  # of which the log says more already
        log.warning("%s; a new Kafka consumer goes on from the committed offsets", error)

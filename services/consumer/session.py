"""One way to recover: clients that something went wrong with are closed, and new ones go on from what is committed."""

import functools
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tenacity import RetryCallState, Retrying, retry_if_exception

from petalstream import broker
from petalstream.broker import Client, Consumer, Producer
from petalstream.keys import authorization
from petalstream.lifecycle import Stop
from petalstream.messages import REQUEST_TOPICS
from petalstream.settings import Settings
from services.consumer import delivery, metrics, policy
from services.consumer.ahead import EagerClient
from services.consumer.hold import Hold, Interrupted
from services.consumer.loop import Worker
from services.consumer.old_scoring import Scoring
from services.consumer.patience import PatientApi
from services.consumer.refusals import Refusals

CLOSE_SECONDS = 1
log = logging.getLogger(__name__)


def serve(configured: Settings, instance: str, stop: Stop) -> None:
    """Score every `*.requests` topic until asked to stop.

    Raises KafkaError where new clients do not help, ClientNotInstalled, and KeysError where the file of API keys cannot
    be read.
    """
    client = broker.client(configured.kafka_client)

    def pause(seconds: float) -> None:
        stop.wait(seconds)

    recovery = policy.Recovery()
    again = Retrying(
        retry=retry_if_exception(lambda error: not stop.requested() and recovery.helps(error)),
        wait=policy.between_sessions,
        sleep=pause,
        before_sleep=_say,
        reraise=True,
    )
    refusals = Refusals(functools.partial(broker.most_bytes, configured.kafka_bootstrap_servers))
    try:
        again(_session, configured, client, instance, refusals, stop)
    except Interrupted:
        log.info("stopped with a batch in hand, of which nothing was written or committed")


def _session(configured: Settings, client: Client, instance: str, refusals: Refusals, stop: Stop) -> None:
    """Work with one set of clients until asked to stop. Raises KafkaError, KeysError, Interrupted."""
    if stop.requested():
        return
    with (
        closing(EagerClient(configured.api_url, configured.api_timeout, authorization(configured.api_keys))) as asked,
        _clients(configured, client, instance) as (consumer, producer),
    ):
        consumer.subscribe(REQUEST_TOPICS.pattern)
        log.info("waiting for records in group %s as %s", configured.consumer_group, instance)
        hold = Hold(consumer, stop)
        api = PatientApi(asked, hold, configured.consumer_give_up_seconds)
        bounds = configured.record_max_bytes, configured.consumer_batch_bytes
        create = functools.partial(broker.create_topics, configured.kafka_bootstrap_servers)
        Worker(
            consumer,
            hold,
            Scoring(asked.ask_once, *bounds),
            Scoring(api.score, *bounds),
            refusals,
            delivery.delivery(configured, consumer, producer),
            functools.cache(lambda model: create(model, configured.topic_partitions)),
            configured.consumer_batch_records,
        ).run(stop)


@contextmanager
def _clients(configured: Settings, client: Client, instance: str) -> Iterator[tuple[Consumer, Producer]]:
    """Consumer and producer; the producer first, since what a killed one left open must be ended before we read on."""
    producer = delivery.new_producer(configured, client, instance)
    try:
        consumer = client.consumer(
            configured.kafka_bootstrap_servers, configured.consumer_group, instance, delivery.BOOTSTRAP_SECONDS
        )
        try:
            yield consumer, producer
        finally:
            consumer.close(CLOSE_SECONDS)
    finally:
        producer.close(CLOSE_SECONDS)


def _say(state: RetryCallState) -> None:
    metrics.REOPENED.inc()
    error = state.outcome.exception() if state.outcome else None
    log.warning("%s; going on with new clients from the committed offsets", error)

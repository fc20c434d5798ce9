"""Makes a lane from the settings: the one place that knows all its parts."""

import functools
import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress

from petalstream import broker
from petalstream.broker import AuthorizationError, Client, Producer
from petalstream.settings import Delivery, GroupName, Settings
from services.consumer import metrics
from services.consumer.api_client.client import RESTART_SECONDS, ApiClient
from services.consumer.delivery.at_least_once import AtLeastOnceWriter
from services.consumer.delivery.exactly_once import ExactlyOnceWriter
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.delivery.writer import BOOTSTRAP_SECONDS, DELIVERY_SECONDS, LazyProducer, Writer
from services.consumer.lanes.batch_size import BatchSize
from services.consumer.lanes.brake import Brake
from services.consumer.lanes.dead_letter_limit import DeadLetterLimit
from services.consumer.lanes.inbox import Inbox
from services.consumer.lanes.lane import Lane
from services.consumer.lanes.scorer_thread import PassOn, ScorerThread, ScoringLimits
from services.consumer.output import log_lines
from services.consumer.pauses import LanePauses

# The batch that is being scored stays in the inbox until it is passed on. With one batch left, more are polled.
INBOX_BATCHES = 4


def new_lane(
    configured: Settings, client: Client, instance: str, headers: Mapping[str, str], pauses: LanePauses, model: str
) -> Lane:
    """Create the lane of a model and start its threads; `headers` go with each request to the api."""
    most, most_bytes = configured.consumer_batch_records, configured.consumer_batch_bytes
    uncommitted = Uncommitted(most)
    inbox = Inbox(INBOX_BATCHES * most, INBOX_BATCHES * most_bytes)
    give_up_seconds = configured.consumer_give_up_seconds
    restart_seconds = min(give_up_seconds or RESTART_SECONDS, RESTART_SECONDS)
    api = ApiClient(configured.api_url, configured.api_timeout, headers, restart_seconds)
    limits = ScoringLimits(configured.record_max_bytes, most_bytes, give_up_seconds)
    limit = DeadLetterLimit(configured.consumer_dead_letter_share, configured.consumer_dead_letters_in_a_row)
    brake = Brake(model, limit, pauses, configured.consumer_probe_seconds)

    def new_scorer(pass_on: PassOn) -> ScorerThread:
        return ScorerThread(model, inbox, api, limits, BatchSize(most, configured.api_timeout), brake, pass_on)

    writer = _writer(configured, client, instance, model, uncommitted)
    return Lane(model, inbox, new_scorer, writer, uncommitted, log_lines.printer(configured.consumer_print))


def _writer(configured: Settings, client: Client, instance: str, model: str, uncommitted: Uncommitted) -> Writer:
    servers, group = configured.kafka_bootstrap_servers, configured.consumer_group
    create: Callable[[], Producer]
    if configured.delivery == Delivery.EXACTLY_ONCE:
        name = transactional_id(group, instance, model)
        create = functools.partial(client.transactional_producer, servers, DELIVERY_SECONDS, name, BOOTSTRAP_SECONDS)
        return ExactlyOnceWriter(
            model, _prepared(configured, model, create), functools.partial(broker.is_committed, servers, group)
        )
    create = functools.partial(client.producer, servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)
    return AtLeastOnceWriter(model, _prepared(configured, model, create), uncommitted)


def transactional_id(group: GroupName, instance: str, model: str) -> str:
    """Return the transactional id of a lane, which no other lane has.

    An instance id may be any text. Its group and its model have no "/" in their names.
    """
    return f"{group}/{instance}/{model}"


def _prepared(configured: Settings, model: str, create: Callable[[], Producer]) -> LazyProducer:
    """A producer, before which the model's topics are created where they are missing."""
    created = itertools.count()

    def prepare_and_create() -> Producer:
        with suppress(AuthorizationError):  # a consumer may be allowed to write topics that others create
            servers, partitions = configured.kafka_bootstrap_servers, configured.topic_partitions
            broker.create_topics(servers, model, partitions, BOOTSTRAP_SECONDS)
        producer = create()
        if next(created):
            metrics.PRODUCER_RESTARTS.labels(model).inc()
        return producer

    return LazyProducer(prepare_and_create)

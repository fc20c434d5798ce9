"""The other parts of the stack, each asked in a thread of its own so that none waits for another."""

from petalstream import keys
from petalstream.settings import Settings
from services.dashboard.snapshot import Condition, Lane, Part
from services.dashboard.status import api_status, broker_status
from services.dashboard.status.api_status import ApiStatus
from services.dashboard.status.broker_status import BrokerStatus
from services.dashboard.status.repeated import Repeated
from services.dashboard.status.zookeeper import ask_zookeeper

ZOOKEEPER_SECONDS = 5.0
RUNNING = Lane(is_paused=False)
# Without a request for so long, the producer counts as silent.
SILENT_SECONDS = 60
PRODUCERS_NOT_KNOWN = Part("Producers", Condition.UNKNOWN, "not known", "Kafka is not reachable")


class Stack:
    """Asks broker, api and ZooKeeper again and again."""

    def __init__(self, configured: Settings) -> None:
        self.broker = BrokerStatus(configured.kafka_bootstrap_servers, configured.consumer_group)
        self.api = ApiStatus(configured.api_url, keys.authorization(configured.api_keys))
        self._zookeeper_server = configured.zookeeper_server
        self._zookeeper: Part | None = None
        self._asking = [
            Repeated("broker status", broker_status.SECONDS, self.broker.update),
            Repeated("api status", api_status.SECONDS, self.api.update),
        ]
        if self._zookeeper_server:
            self._asking.append(Repeated("zookeeper status", ZOOKEEPER_SECONDS, self._ask_zookeeper))

    def start(self) -> None:
        """Begin to ask."""
        for each in self._asking:
            each.start()

    def close(self) -> None:
        """End the threads."""
        for each in self._asking:
            each.stop()
        for each in self._asking:
            each.close()
        self.broker.close()

    def lane(self, model: str) -> Lane:
        """Return the lane of a model; one without a state runs."""
        return self.broker.lanes.get(model, RUNNING)

    def parts(self, last_request: float | None, now: float) -> tuple[Part, ...]:
        """Return the parts in the order in which data flows; `last_request` is when the last one was sent."""
        zookeeper = [self._zookeeper] if self._zookeeper else []
        producers = _producers(last_request, now) if self.is_broker_reachable else PRODUCERS_NOT_KNOWN
        return (self.api.part, *zookeeper, self.broker.broker, producers, self.broker.consumer)

    @property
    def is_broker_reachable(self) -> bool:
        """Whether the broker responded when it was asked last, or was not asked yet."""
        return self.broker.broker.condition is not Condition.BAD

    def _ask_zookeeper(self) -> None:
        self._zookeeper = ask_zookeeper(self._zookeeper_server)


def _producers(last_request: float | None, now: float) -> Part:
    if last_request is None:
        return Part("Producers", Condition.UNKNOWN, "silent", "no request in the last hour")
    silent = max(0.0, now - last_request)
    if silent < SILENT_SECONDS:
        return Part("Producers", Condition.GOOD, "sending")
    return Part("Producers", Condition.UNKNOWN, "silent", f"the last request is {silent / 60:.0f} min old")

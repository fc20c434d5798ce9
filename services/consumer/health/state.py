"""What the consumer says of itself: the main thread reports, the threads of the HTTP server ask."""

import threading
import time
from contextlib import suppress

from petalstream.broker import NO_ANSWER, BrokerWatch, Consumer, KafkaError
from petalstream.problems import LOG_SECONDS
from services.consumer import metrics
from services.consumer.health import lane_numbers
from services.consumer.health.liveness import Liveness
from services.consumer.lanes.lanes import Lanes

REFRESH_SECONDS, ASK_SECONDS = 5.0, 1.0


class Health:
    """Knows whether the consumer is alive and ready; logs that no broker can be reached. Close it at the end."""

    def __init__(self, servers: str, group: str, log_seconds: float = LOG_SECONDS) -> None:
        self.liveness = Liveness()
        self._servers, self._group = servers, group
        self._consumer: Consumer | None = None
        self._error: BaseException | None = None
        self._has_joined = False
        self._refreshed = self._counted = float("-inf")
        # Held while another thread uses the client, which must not be closed then.
        self._using = threading.Lock()
        self._watch = BrokerWatch(servers, self._look, log_seconds)
        self._watch.start()
        metrics.READY.set_function(lambda: self.why_not_ready() is None)

    @property
    def is_broker_away(self) -> bool:
        """Whether no broker can be reached, which is logged already."""
        return self._watch.is_away

    def use(self, consumer: Consumer) -> None:
        """Report on this Kafka consumer from now on; it was created after a broker had answered."""
        self._watch.note_answer()
        self._consumer, self._error = consumer, None
        self._refreshed = self._counted = float("-inf")

    def drop(self) -> None:
        """Report on no Kafka consumer, which may be closed now; waits about a second while it is asked."""
        with self._using:
            self._consumer, self._has_joined = None, False

    def note_error(self, error: BaseException | None) -> None:
        """The Kafka consumer failed with this error, or could not be created."""
        self._error = error

    def note_turn(self, lanes: Lanes) -> None:
        """The main loop has polled; count every few seconds how far each lane is."""
        self.liveness.note()
        consumer, now = self._consumer, time.monotonic()
        if consumer is None:
            return
        self._has_joined = consumer.has_joined()
        if self._has_joined and now - self._counted >= REFRESH_SECONDS:
            self._counted = now
            with suppress(KafkaError):  # the next poll meets it too
                lane_numbers.count(consumer.progress(), lanes)

    def why_not_ready(self) -> str | None:
        """Return why the consumer cannot read records now, None if it can."""
        if fault := self.liveness.fault():
            return fault
        if self.is_broker_away:
            return f"no Kafka broker at {self._servers} can be reached"
        if self._consumer is None:
            cause = f": {self._error}" if self._error else ""
            return f"there is no Kafka consumer yet, or no longer{cause}"
        return None if self._has_joined else f"the consumer has not joined the group {self._group} yet"

    def close(self) -> None:
        """Stop watching the broker."""
        self._watch.close()

    def _look(self) -> bool | None:
        """Return whether the Kafka consumer is connected; now and then have it ask for the ends of its partitions."""
        if self.is_broker_away:
            self.liveness.note()  # the main thread may be in a call that ends when the broker is back
        with self._using:
            consumer, now = self._consumer, time.monotonic()
            if consumer is None:
                return False if isinstance(self._error, NO_ANSWER) else None
            if not consumer.is_connected():
                return False
            if self._has_joined and now - self._refreshed >= REFRESH_SECONDS:
                self._refreshed = now
                with suppress(KafkaError):
                    consumer.refresh_ends(ASK_SECONDS)
            return True

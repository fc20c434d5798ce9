"""The thread that reads the topics of all models and makes a snapshot every half second."""

import logging
import threading
import time
from contextlib import closing

from petalstream.broker import Batch, BatchReader, KafkaError, PositionsGone, UnreadableRecords, UnreadableTopics
from petalstream.problems import Problem
from services.dashboard.follow.followed_models import FollowedModels
from services.dashboard.follow.stack import Stack
from services.dashboard.latest import Latest
from services.dashboard.snapshot import Snapshot
from services.dashboard.status.facts import Facts

# The page is renewed once a second from the newest snapshot: what is read is shown within 1.5 s.
SNAPSHOT_SECONDS, RETRY_SECONDS, CLOSE_SECONDS = 0.5, 1.0, 5.0
log = logging.getLogger(__name__)


class Follower:
    """Follows all models at `servers`, and sets the snapshots of `latest`. It joins no consumer group."""

    def __init__(self, servers: str, stack: Stack, latest: Latest) -> None:
        self._servers, self._stack, self._latest = servers, stack, latest
        self._models = FollowedModels()
        self._facts: Facts | None = None
        self._problem = Problem(f"Kafka at {servers}", "the topics are read again")
        self._next_snapshot = 0.0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._stack.start()
        self._thread.start()

    def close(self) -> None:
        """End the thread; takes up to CLOSE_SECONDS."""
        self._closed.set()
        self._stack.close()
        if self._thread.ident:
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        # A reader waits for a broker: until then the page shows the other parts.
        self._publish("connecting to Kafka")
        while not self._closed.is_set():
            try:
                with closing(BatchReader(self._servers)) as reader:
                    self._facts = None
                    while not self._closed.is_set():
                        self._read(reader)
                        self._problem.end()
            except KafkaError as error:
                self._problem.report(f"{error}; it is tried again")
                self._publish(f"not reading: {error}")
                self._closed.wait(RETRY_SECONDS)
            except Exception:
                log.exception("the follower failed; it starts again")
                self._models = FollowedModels()
                self._publish("starting again after an error, which the log has")
                self._closed.wait(RETRY_SECONDS)

    def _read(self, reader: BatchReader) -> None:
        """Read once, and make a snapshot if it is time."""
        facts = self._stack.broker.facts
        if facts is not self._facts or not self._models.are_complete:
            self._models.take(facts, reader)
            self._facts = facts
        self._models.add(self._poll(reader))
        self._models.check(reader)
        if time.monotonic() >= self._next_snapshot:
            is_reachable = self._stack.is_broker_reachable
            self._publish(self._models.words() if is_reachable else "waiting for Kafka, which is not reachable")

    def _poll(self, reader: BatchReader) -> list[Batch]:
        """Return the next batches; what cannot be read is noted and left out."""
        try:
            return reader.poll(max(0.0, self._next_snapshot - time.monotonic()))
        except UnreadableRecords as error:
            log.error("%s", error)
            reader.skip(error)
            self._models.add_unreadable(error)
        except UnreadableTopics as error:
            self._models.leave_out(error)
            self._models.assign(reader)
        except PositionsGone as error:
            log.warning("%s; their models are followed from the beginning again", error)
            self._models.start_again(sorted(error.partitions))
            self._models.assign(reader)
        return []

    def _publish(self, reading: str) -> None:
        self._next_snapshot, now = time.monotonic() + SNAPSHOT_SECONDS, time.time()
        views = self._models.views(self._stack.api.models, self._stack.lane, now)
        self._latest.snapshot = Snapshot(now, reading, self._stack.parts(self._models.last_request(), now), views)

"""The thread that reads the topics of all models and makes a snapshot every half second."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import closing

from petalstream.broker import (
    Batch,
    BatchReader,
    KafkaError,
    PositionsGone,
    UnreadableRecords,
    UnreadableTopics,
)
from petalstream.messages import REQUEST_TOPICS, model_of
from petalstream.problems import Problem
from services.dashboard.follow.model_follower import ModelFollower
from services.dashboard.follow.model_reading import ModelReading
from services.dashboard.follow.stack import Stack
from services.dashboard.follow.views import view
from services.dashboard.latest import Latest
from services.dashboard.snapshot import Snapshot
from services.dashboard.status.api_status import ModelFacts
from services.dashboard.status.facts import Facts

# The page is renewed once a second from the newest snapshot: what is read is shown within 1.5 s.
SNAPSHOT_SECONDS, RETRY_SECONDS, CLOSE_SECONDS = 0.5, 1.0, 5.0
# A permission may be given, or a codec installed.
UNREADABLE_SECONDS = 60.0
log = logging.getLogger(__name__)


class Follower:
    """Follows all models at `servers`, and sets the snapshots of `latest`. It joins no consumer group."""

    def __init__(self, servers: str, stack: Stack, latest: Latest) -> None:
        self._servers, self._stack, self._latest = servers, stack, latest
        self._models: dict[str, ModelFollower] = {}
        self._readings: dict[str, ModelReading] = {}
        self._facts: Facts | None = None
        # Topics that cannot be read: since when, and why.
        self._unreadable: dict[str, tuple[float, str]] = {}
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
                        self._turn(reader)
                        self._problem.end()
            except KafkaError as error:
                self._problem.report(f"{error}; it is tried again")
                self._publish(f"not reading: {error}")
                self._closed.wait(RETRY_SECONDS)
            except Exception:
                log.exception("the follower failed; it begins anew")
                self._models, self._readings = {}, {}
                self._publish("beginning anew after an error, which the log has")
                self._closed.wait(RETRY_SECONDS)

    def _turn(self, reader: BatchReader) -> None:
        """Read once, and make a snapshot if it is time."""
        facts = self._stack.broker.facts
        if facts is not self._facts or any(not each.has_requests for each in self._readings.values()):
            self._take(facts, reader)
            self._facts = facts
        batches: list[Batch] = []
        try:
            batches = reader.poll(max(0.0, self._next_snapshot - time.monotonic()))
        except UnreadableRecords as error:
            log.error("%s", error)
            reader.skip(error)
            self._add_unreadable(error)
        except UnreadableTopics as error:
            self._unreadable |= dict.fromkeys(error.topics, (time.monotonic(), str(error)))
            self._assign(reader)
        except PositionsGone as error:
            log.warning("%s; what is kept of their models begins anew", error)
            self._forget({_model(each.topic) for each in error.partitions}, reader)
        self._add(batches)
        self._check(reader)
        if time.monotonic() >= self._next_snapshot:
            self._publish(self._reading_words())

    def _take(self, facts: Facts, reader: BatchReader) -> None:
        """Follow the models that the facts name, and no others; try again what could not be read."""
        again = time.monotonic() - UNREADABLE_SECONDS
        self._unreadable = {topic: found for topic, found in self._unreadable.items() if found[0] > again}
        names = {model_of(topic) for topic in facts.topics if REQUEST_TOPICS.match(topic)}
        changed = {name for name, reading in self._readings.items() if reading.is_of_other_topics(facts)}
        self._forget(changed | (self._readings.keys() - names), reader)
        for name in names:
            if name not in self._models:
                self._models[name], self._readings[name] = ModelFollower(name), ModelReading(name)
            self._readings[name].update(facts, reader, self._models[name].ledger, time.time())
            self._models[name].note(facts)
        self._assign(reader)

    def _forget(self, names: set[str], reader: BatchReader) -> None:
        for name in names & self._models.keys():
            del self._models[name], self._readings[name]
        if names:
            self._assign(reader)

    def _assign(self, reader: BatchReader) -> None:
        positions = {each: offset for reading in self._readings.values() for each, offset in reading.positions.items()}
        reader.assign({each: offset for each, offset in positions.items() if each.topic not in self._unreadable})

    def _add(self, batches: Sequence[Batch]) -> None:
        by_model: dict[str, list[Batch]] = {}
        for batch in batches:
            by_model.setdefault(_model(batch.topic), []).append(batch)
        for name, found in by_model.items():
            if name in self._models:
                is_old = self._readings[name].behind > 0
                self._readings[name].note(found)
                self._models[name].add(found, time.time(), is_old)

    def _add_unreadable(self, error: UnreadableRecords) -> None:
        name = _model(error.topic)
        if name in self._models:
            self._models[name].add_unreadable(error, time.time())

    def _check(self, reader: BatchReader) -> None:
        for name, model in self._models.items():
            reading = self._readings[name]
            if reading.behind or model.is_check_due:
                reading.move(reader)
            read = {each: offset for each, offset in reading.positions.items() if each.topic not in self._unreadable}
            model.check(read, time.time(), reading.behind > 0)

    def _reading_words(self) -> str:
        if not self._stack.is_broker_reachable:
            return "waiting for Kafka, which is not reachable"
        behind = {name: reading.behind for name, reading in self._readings.items() if reading.behind}
        if behind:
            return "catching up: " + ", ".join(f"{number:,} offsets of {name}" for name, number in behind.items())
        if self._unreadable:
            return "following, but for what cannot be read: " + "; ".join(
                sorted({why for _, why in self._unreadable.values()})
            )
        return "following" if self._models else "waiting for a topic of requests"

    def _publish(self, reading: str) -> None:
        self._next_snapshot, now = time.monotonic() + SNAPSHOT_SECONDS, time.time()
        models, nothing = self._stack.api.models, ModelFacts()
        views = {
            name: view(
                self._models.get(name) or ModelFollower(name), models.get(name, nothing), self._stack.lane(name), now
            )
            for name in sorted(self._models.keys() | models.keys())
        }
        sent = [each.hour.last_request for each in self._models.values() if each.hour.last_request]
        self._latest.snapshot = Snapshot(now, reading, self._stack.parts(max(sent, default=None), now), views)


def _model(topic: str) -> str:
    """Return the model that any of its three topics belongs to."""
    return topic.rpartition(".")[0]

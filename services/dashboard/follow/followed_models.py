"""All models that are followed. A fault of one of them stops no other."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from petalstream.broker import Batch, BatchReader, KafkaError, Partition, UnreadableRecords, UnreadableTopics
from petalstream.messages import REQUEST_TOPICS, model_of
from services.dashboard.follow.model_follower import ModelFollower
from services.dashboard.follow.model_reading import ModelReading
from services.dashboard.follow.views import view
from services.dashboard.snapshot import Lane, ModelSnapshot
from services.dashboard.status.api_status import ModelFacts
from services.dashboard.status.facts import Facts

# A permission may be given, or a codec installed, or an error may have been of that moment.
AGAIN_SECONDS = 60.0
NOTHING = ModelFacts()
log = logging.getLogger(__name__)


class FollowedModels:
    """The models by name, each with the partitions that are read of it."""

    def __init__(self) -> None:
        self._models: dict[str, ModelFollower] = {}
        self._readings: dict[str, ModelReading] = {}
        # What is not read: a topic or a model, since when and why.
        self._unreadable: dict[str, tuple[float, str]] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        # The models whose topics were not there, or others, at the last look.
        self._changed: set[str] = set()
        self._has_forgotten = False

    @property
    def are_complete(self) -> bool:
        """Whether it is known of all models where their requests begin."""
        return all(reading.has_requests for reading in self._readings.values())

    def take(self, facts: Facts, reader: BatchReader) -> None:
        """Follow the models that the facts name, and no others. Raises KafkaError."""
        again = time.monotonic() - AGAIN_SECONDS
        self._unreadable = {topic: found for topic, found in self._unreadable.items() if found[0] > again}
        self._failed = {name: found for name, found in self._failed.items() if found[0] > again}
        names = {model_of(topic) for topic in facts.topics if REQUEST_TOPICS.match(topic)}
        changed = {name for name, each in self._readings.items() if name not in names or each.is_of_other_topics(facts)}
        # A broker that has just started may not know all topics yet.
        self._forget(changed & self._changed)
        self._changed = changed
        if self._has_forgotten:  # a partition that begins again is to be read from its new position
            self.assign(reader)
            self._has_forgotten = False
        for name in names - changed - self._failed.keys():
            if name not in self._models:
                self._models[name], self._readings[name] = ModelFollower(name), ModelReading(name)
            self._readings[name].unreadable = self._unreadable.keys()
            self._readings[name].update(facts, reader, self._models[name].ledger, time.time())
            self._models[name].note(facts)
        self.assign(reader)

    def assign(self, reader: BatchReader) -> None:
        """Have the reader read the partitions of all models. Raises KafkaError."""
        positions = {each: offset for reading in self._readings.values() for each, offset in reading.positions.items()}
        reader.assign({each: offset for each, offset in positions.items() if each.topic not in self._unreadable})

    def add(self, batches: Sequence[Batch]) -> None:
        """Add what one poll returned."""
        by_model: dict[str, list[Batch]] = {}
        for batch in batches:
            by_model.setdefault(_model(batch.topic), []).append(batch)
        for name in by_model.keys() & self._models.keys():
            self._guard(name, lambda name=name: self._add(name, by_model[name]))  # type: ignore[misc]

    def add_unreadable(self, error: UnreadableRecords) -> None:
        """Add records that no client can read."""
        name = _model(error.topic)
        if name in self._models:
            self._readings[name].positions[Partition(error.topic, error.partition)] = error.next
            self._models[name].add_unreadable(error, time.time())

    def leave_out(self, error: UnreadableTopics) -> None:
        """Read no topic that cannot be read, until AGAIN_SECONDS have passed."""
        self._unreadable |= dict.fromkeys(error.topics, (time.monotonic(), str(error)))

    def start_again(self, partitions: Sequence[Partition]) -> None:
        """Forget the models of partitions whose positions are gone; the next facts begin them again."""
        self._forget({_model(partition.topic) for partition in partitions})

    def check(self, reader: BatchReader) -> None:
        """Look for requests without an outcome where all outcomes were read."""
        for name in list(self._models):
            self._guard(name, lambda name=name: self._check(name, reader))  # type: ignore[misc]

    def views(
        self, facts: Mapping[str, ModelFacts], lane: Callable[[str], Lane], now: float
    ) -> dict[str, ModelSnapshot]:
        """Return what the page shows of each model, and of those that only the api knows."""
        found: dict[str, ModelSnapshot] = {}
        for name in sorted(self._models.keys() | facts.keys()):

            def add(name: str = name) -> None:
                model = self._models.get(name) or ModelFollower(name)
                found[name] = view(model, facts.get(name, NOTHING), lane(name), now)

            self._guard(name, add)
        return found

    def words(self) -> str:
        """Return in words what is read."""
        late = {name: reading.behind for name, reading in self._readings.items() if reading.is_catching_up}
        if late:
            return "catching up: " + ", ".join(f"{number:,} offsets of {name}" for name, number in late.items())
        if reasons := sorted({why for _, why in [*self._unreadable.values(), *self._failed.values()]}):
            return f"following, but {'; '.join(reasons)}"
        return "following" if self._models else "waiting for a topic of requests"

    def last_request(self) -> float | None:
        """Return when the last request of any model was sent, None without one in the last hour."""
        sent = [each.hour.last_request for each in self._models.values() if each.hour.last_request]
        return max(sent, default=None)

    def _add(self, name: str, batches: Sequence[Batch]) -> None:
        reading = self._readings[name]
        self._models[name].add(batches, time.time(), reading.is_catching_up)
        reading.note(batches)

    def _check(self, name: str, reader: BatchReader) -> None:
        reading, model, now = self._readings[name], self._models[name], time.time()
        if reading.behind or model.is_check_due or not reading.is_current:
            reading.move(reader, now)
        read = {each: offset for each, offset in reading.positions.items() if each.topic not in self._unreadable}
        model.check(read, now, not reading.is_current)

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        """Do something with one model; if it fails, leave the model out until AGAIN_SECONDS have passed."""
        try:
            work()
        except UnreadableTopics as error:
            self.leave_out(error)
            self._forget({name})
        except KafkaError:
            raise
        except Exception:
            log.exception("%s is not followed for %.0f s", name, AGAIN_SECONDS)
            self._failed[name] = time.monotonic(), f"{name} is left out after an error that the log has"
            self._forget({name})

    def _forget(self, names: set[str]) -> None:
        for name in names & self._models.keys():
            del self._models[name], self._readings[name]
            self._has_forgotten = True


def _model(topic: str) -> str:
    """Return the model that any of its three topics belongs to."""
    return topic.rpartition(".")[0]

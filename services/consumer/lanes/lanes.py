"""All lanes of a consumer: one for each model that has sent a record, or whose topic is there."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from petalstream.broker import Membership
from petalstream.messages import ReceivedRecord, model_of, requests_topic
from services.consumer.assignment import Assignment
from services.consumer.delivery.uncommitted import Uncommitted
from services.consumer.lanes.lane import Lane

OPEN_SECONDS = 5


class Lanes:
    """Creates a lane with `new_lane` when a model needs one; all calls come from the thread that polls Kafka."""

    def __init__(self, new_lane: Callable[[str], Lane]) -> None:
        self._new_lane = new_lane
        self._lanes: dict[str, Lane] = {}
        self._assignments: dict[str, Assignment] = {}

    def open(self, models: Iterable[str]) -> None:
        """Create the lanes of models, and wait a while until their writers are open."""
        deadline = time.monotonic() + OPEN_SECONDS
        for lane in [self._of(model) for model in models]:
            lane.await_writer(max(0.0, deadline - time.monotonic()))

    def begin(self, topic: str, topic_id: str, latest_membership: Callable[[], Membership]) -> None:
        """Begin the assignment of a topic, unless partitions of it are assigned already."""
        if topic not in self._assignments:
            self._assignments[topic] = Assignment(latest_membership, topic_id)

    def end(self, topics: Collection[str], seconds: float) -> None:
        """End the assignments of topics: drop what is not passed on, and wait for what is, at most `seconds`."""
        ended = [self._assignments.pop(topic) for topic in topics if topic in self._assignments]
        for assignment in ended:
            assignment.over.set()
        lanes = [self._lanes[model] for model in map(model_of, topics) if model in self._lanes]
        for lane in lanes:
            lane.inbox.clear()
        deadline = time.monotonic() + seconds
        for lane in lanes:
            lane.await_writer(max(0.0, deadline - time.monotonic()))

    def end_all(self, seconds: float) -> None:
        """End all assignments, as end() does."""
        self.end(list(self._assignments), seconds)

    def add(self, records: Sequence[ReceivedRecord]) -> None:
        """Put polled records, in order within each partition, into the inboxes of their models."""
        by_topic: dict[str, list[ReceivedRecord]] = {}
        for record in records:
            by_topic.setdefault(record.topic, []).append(record)
        for topic, of_topic in by_topic.items():
            self._of(model_of(topic)).inbox.add(of_topic, self._assignments[topic])

    def uncommitted(self, topics: Collection[str] | None = None) -> list[Uncommitted]:
        """Return what the lanes of `topics`, or all, have written and is not committed."""
        models = self._lanes if topics is None else set(map(model_of, topics)) & set(self._lanes)
        return [self._lanes[model].uncommitted for model in models]

    def raise_failure(self) -> None:
        """Raise the error that has ended a lane, if there is one; only a mistake of ours does that."""
        for lane in self._lanes.values():
            if lane.failure:
                raise lane.failure

    def full_topics(self) -> set[str]:
        """Return the topics of lanes that should get no more records now."""
        return {requests_topic(model) for model, lane in self._lanes.items() if lane.inbox.is_full}

    def all(self) -> Iterable[Lane]:
        """Return every lane."""
        return self._lanes.values()

    def are_busy(self) -> bool:
        """Whether records will soon have their outcomes."""
        return any(lane.is_busy for lane in self._lanes.values())

    def close(self, seconds: float) -> None:
        """Close all lanes at the same time, within about `seconds`."""
        if self._lanes:
            with ThreadPoolExecutor(len(self._lanes), "close") as pool:
                list(pool.map(lambda lane: lane.close(seconds), self._lanes.values()))

    def _of(self, model: str) -> Lane:
        if model not in self._lanes:
            self._lanes[model] = self._new_lane(model)
        return self._lanes[model]

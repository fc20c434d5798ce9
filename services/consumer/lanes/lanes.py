"""All lanes of a consumer: one for each model that has sent a record, or whose topic is there."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from petalstream.messages import ReceivedRecord, model_of, requests_topic
from services.consumer.lanes.assignment import Assignment
from services.consumer.lanes.lane import Lane

OPEN_SECONDS = 5


class Lanes:
    """Creates a lane with `new_lane` when a model needs one; all calls come from the thread that polls Kafka."""

    def __init__(self, new_lane: Callable[[str], Lane]) -> None:
        self._new_lane = new_lane
        self._lanes: dict[str, Lane] = {}

    def open(self, models: Iterable[str]) -> None:
        """Create the lanes of models, and wait a while until their writers are open."""
        deadline = time.monotonic() + OPEN_SECONDS
        for lane in [self._of(model) for model in models]:
            lane.await_writer(max(0.0, deadline - time.monotonic()))

    def add(self, records: Sequence[ReceivedRecord], assignment: Assignment) -> None:
        """Put polled records, in order within each partition, into the inboxes of their models."""
        by_topic: dict[str, list[ReceivedRecord]] = {}
        for record in records:
            by_topic.setdefault(record.topic, []).append(record)
        for topic, of_topic in by_topic.items():
            self._of(model_of(topic)).inbox.add(of_topic, assignment)

    def drop_records(self) -> None:
        """Drop all records that are not passed on to be written: their assignment is over."""
        for lane in self._lanes.values():
            lane.inbox.clear()

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

    def await_writers(self, seconds: float) -> None:
        """Wait until no lane is writing, at most `seconds`."""
        deadline = time.monotonic() + seconds
        for lane in self._lanes.values():
            lane.await_writer(max(0.0, deadline - time.monotonic()))

    def close(self, seconds: float) -> None:
        """Close all lanes at the same time, within about `seconds`."""
        if self._lanes:
            with ThreadPoolExecutor(len(self._lanes), "close") as pool:
                list(pool.map(lambda lane: lane.close(seconds), self._lanes.values()))

    def _of(self, model: str) -> Lane:
        if model not in self._lanes:
            self._lanes[model] = self._new_lane(model)
        return self._lanes[model]

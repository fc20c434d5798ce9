"""Follows the topic of the lanes' states."""

import logging
import threading
from collections import Counter
from contextlib import closing

from tenacity import RetryCallState, Retrying, sleep_using_event, stop_when_event_set, wait_random_exponential

from petalstream import broker
from petalstream.broker import CompactedReader, KafkaError
from petalstream.lane_state import LaneState, Phase, lanes_topic, read_lane, write_lane
from petalstream.messages import ReceivedRecord, coordinates
from services.consumer.pauses.read_before import ReadPartitions

APPLY_SECONDS = 5
log = logging.getLogger(__name__)


class LanePauses:
    """Knows which lanes of a consumer group are paused.

    Only the reading of the topic changes what it knows, so every consumer of the group sees the same states in the same
    order, its own included.
    """

    def __init__(self, servers: str, group: str) -> None:
        self._servers, self._group = servers, group
        self.read_partitions = ReadPartitions(servers, group)
        self._lanes: dict[str, LaneState] = {}
        self._resumes: Counter[str] = Counter()
        self._next_offset = 0
        self._applied = threading.Condition()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Create the topic if it is missing, read it, and follow it in a thread until close(). Raises KafkaError.

        Does nothing if the thread runs already.
        """
        if self._thread:
            return
        broker.create_compacted_topic(self._servers, lanes_topic(self._group))
        reader = CompactedReader(self._servers, lanes_topic(self._group))
        self._next_offset = 0  # an earlier start may have failed on its way
        try:
            for record in reader.read_to_end():
                self._apply(record)
        except BaseException:
            reader.close()
            raise
        self._thread = threading.Thread(target=self._follow, args=(reader,), name="lane-pauses")
        self._thread.start()

    def reason(self, model: str) -> str | None:
        """Return why the lane is paused; None if it is not."""
        lane = self._lanes.get(model)
        return lane.reason if lane and lane.state is Phase.PAUSED else None

    def resumes(self, model: str) -> int:
        """Return how many records in the topic have resumed the lane; compaction removes old ones before a start."""
        return self._resumes[model]

    def pause(self, model: str, reason: str) -> None:
        """Pause the lane in every consumer; known here when it returns, after up to 15 s. Raises KafkaError.

        After an error the lane may be paused or not.
        """
        self._write(model, LaneState.paused(reason))

    def resume(self, model: str) -> None:
        """Resume the lane in every consumer; known here when it returns, as for pause(). Raises KafkaError."""
        self._write(model, LaneState.running())

    def close(self) -> None:
        """Stop following the topic; takes up to about a second."""
        self._closed.set()
        if self._thread:
            self._thread.join()

    def _write(self, model: str, state: LaneState) -> None:
        offset = write_lane(self._servers, self._group, model, state)
        with self._applied:
            if not self._applied.wait_for(lambda: self._next_offset > offset, APPLY_SECONDS):
                topic = lanes_topic(self._group)
                raise KafkaError(f"{topic}[0]@{offset} was written and could not be read in {APPLY_SECONDS} s")

    def _follow(self, reader: CompactedReader) -> None:
        polling = Retrying(
            stop=stop_when_event_set(self._closed),
            sleep=sleep_using_event(self._closed),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            before_sleep=self._log_first_error,
            retry_error_callback=lambda _: [],
        )
        with closing(reader):
            while not self._closed.is_set():
                for record in polling(reader.poll):
                    self._apply(record)

    def _apply(self, record: ReceivedRecord) -> None:
        if record.offset < self._next_offset:
            log.warning("%s was recreated; its states are read anew", record.topic)
            self._lanes.clear()
        try:
            if not self.read_partitions.apply(record):
                self._apply_lane(record)
        except ValueError as error:
            log.warning("%s is not a state of the group and is ignored: %s", coordinates(record), error)
        with self._applied:
            self._next_offset = record.offset + 1
            self._applied.notify_all()

    def _apply_lane(self, record: ReceivedRecord) -> None:
        model, state = read_lane(record)
        self._lanes[model] = state
        if state.state is Phase.RUNNING:
            self._resumes[model] += 1

    def _log_first_error(self, state: RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome:
            error = state.outcome.exception()
            log.warning("the topic %s cannot be read, trying again: %r", lanes_topic(self._group), error)

"""Asks the broker for topics, for the offsets of the consumer's group, and which lanes are paused."""

import time
from contextlib import suppress

from petalstream.broker import Admin, CompactedReader, KafkaError, Partition
from petalstream.lane_state import LaneState, Phase, lanes_topic, read_lane
from petalstream.messages import MODEL_NAME
from petalstream.printable import printable
from services.dashboard.snapshot import Condition, Lane, Part
from services.dashboard.status.facts import Bounds, Facts, TopicFacts

TOPICS = rf"{MODEL_NAME.pattern}\.(requests|predictions|dead-letters)"
SECONDS = 2.0
MEMBERS = {1: "1 member"}


class BrokerStatus:
    """Has the newest `facts`, `lanes` by model, and the parts that the broker tells of."""

    def __init__(self, servers: str, group: str) -> None:
        self._servers, self._group = servers, group
        self.facts = Facts()
        self.lanes: dict[str, Lane] = {}
        self.broker = Part(f"Kafka at {servers}", Condition.UNKNOWN, "connecting")
        self.consumer = Part(f"Consumer group {group}", Condition.UNKNOWN, "not known yet")
        self._admin: Admin | None = None
        self._lanes: CompactedReader | None = None

    def update(self) -> None:
        """Ask for everything once. An error becomes the state of the parts."""
        name = f"Kafka at {self._servers}"
        try:
            admin = self._admin = self._admin or Admin(self._servers)
            brokers = admin.broker_count()
            self.facts = self._ask_facts(admin)
            words = "1 broker answers" if brokers == 1 else f"{brokers} brokers answer"
            self.broker = Part(name, Condition.GOOD, "reachable", words)
        except KafkaError as error:
            is_away = error.retriable
            state, words = (
                ("not reachable", "no broker answers") if is_away else ("refuses", printable(str(error), 200))
            )
            self.broker = Part(name, Condition.BAD, state, words)
            self.consumer = Part(self.consumer.name, Condition.UNKNOWN, "not known", f"Kafka is {state}")
            self.close()
            return
        try:
            self.consumer = self._ask_group(admin)
            self._read_lanes()
        except KafkaError as error:
            self.consumer = Part(self.consumer.name, Condition.UNKNOWN, "not known", printable(str(error), 200))
            self._close_lanes()

    def close(self) -> None:
        """Close the connections; the next update makes new ones."""
        admin, self._admin = self._admin, None
        with suppress(KafkaError):
            if admin:
                admin.close()
        self._close_lanes()

    def _close_lanes(self) -> None:
        lanes, self._lanes = self._lanes, None
        if lanes:
            lanes.close()

    def _ask_facts(self, admin: Admin) -> Facts:
        began, partitions = time.monotonic(), admin.partitions(TOPICS)
        if not partitions:
            return Facts(began)
        # In this order a committed offset is never beyond what outcomes and requests then have.
        committed = admin.committed(self._group, partitions)
        ids = admin.topic_ids(TOPICS)
        begins, stable = admin.first_offsets(partitions), admin.last_stable_offsets(partitions)
        ends = admin.end_offsets(partitions)
        topics: dict[str, TopicFacts] = {}
        for each in partitions:
            found = topics.setdefault(each.topic, TopicFacts(ids.get(each.topic, ""), {}))
            found.partitions[each.partition] = Bounds(begins[each], stable[each], ends[each])  # type: ignore[index]
        return Facts(began, {Partition(*each): offset for each, offset in committed.items()}, topics)

    def _ask_group(self, admin: Admin) -> Part:
        state, members = admin.group(self._group)
        name = f"Consumer group {self._group}"
        if not members:
            return Part(name, Condition.BAD, "no member", "no consumer reads the requests")
        words = MEMBERS.get(members, f"{members} members")
        if state == "Stable":
            return Part(name, Condition.GOOD, "consuming", words)
        return Part(name, Condition.UNKNOWN, "rebalancing", f"{words}; its state is {printable(state)}")

    def _read_lanes(self) -> None:
        """Follow the states of the lanes; a topic that does not exist yet has none."""
        if self._lanes is None:
            self._lanes = CompactedReader(self._servers, lanes_topic(self._group))
            self.lanes = {}
            for record in self._lanes.read_to_end():
                with suppress(ValueError):
                    self._note_lane(*read_lane(record))
            return
        if self._lanes.is_reading:
            for record in self._lanes.poll():
                with suppress(ValueError):
                    self._note_lane(*read_lane(record))
        else:
            self._close_lanes()

    def _note_lane(self, model: str, state: LaneState) -> None:
        is_paused = state.state is Phase.PAUSED
        self.lanes[model] = Lane(is_paused, printable(state.since), printable(state.reason, 300))

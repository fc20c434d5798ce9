"""The state of a lane and the record that holds it."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from petalstream import broker
from petalstream.messages import MODEL_NAME, ReceivedRecord, event_time


class Phase(StrEnum):
    """Whether a lane scores records."""

    PAUSED = "paused"
    RUNNING = "running"


@dataclass(frozen=True)
class LaneState:
    """Whether a lane is paused, why, and since when (ISO 8601, UTC, by the writer's clock)."""

    state: Phase
    reason: str
    since: str

    @classmethod
    def paused(cls, reason: str) -> Self:
        """Return the state of a lane that pauses now."""
        return cls(Phase.PAUSED, reason, _now())

    @classmethod
    def running(cls) -> Self:
        """Return the state of a lane that resumes now."""
        return cls(Phase.RUNNING, "", _now())


def lanes_topic(group: str) -> str:
    """Return the name of the topic that holds the states of a consumer group's lanes."""
    return f"{group}.lanes"


def write_lane(servers: str, group: str, model: str, state: LaneState) -> int:
    """Write the state of a model's lane and return the record's offset. Raises KafkaError."""
    record = {model.encode(): json.dumps(asdict(state)).encode()}
    return broker.write_compacted(servers, lanes_topic(group), record)


def read_lane(record: ReceivedRecord) -> tuple[str, LaneState]:
    """Return the model and its lane's state; a record without a value means running. Raises ValueError."""
    model = (record.key or b"").decode()
    if not MODEL_NAME.fullmatch(model):
        raise ValueError(f"its key {model[:80]!r} is not a model's name")
    if record.value is None:
        return model, LaneState(Phase.RUNNING, "", "")
    try:
        found = json.loads(record.value)
    except RecursionError as error:
        raise ValueError(str(error)) from None
    if not isinstance(found, dict):
        raise ValueError("its value is not a JSON object")
    reason, since = found.get("reason", ""), found.get("since", "")
    if not isinstance(reason, str) or not isinstance(since, str):
        raise ValueError("its reason and since must be strings")
    return model, LaneState(Phase(str(found.get("state"))), reason, since)


def _now() -> str:
    return event_time(datetime.now(UTC)).decode()

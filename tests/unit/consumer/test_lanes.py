"""The states of lanes without a broker: how a record holds one, and what the operator's commands print."""

import json
from dataclasses import asdict

import pytest

from petalstream.lane_state import LaneState, Phase, lanes_topic, read_lane
from petalstream.messages import REQUEST_TOPICS
from services.consumer.tools import lanes
from tests.records import Record


def lane_record(key: bytes | None, value: bytes | None) -> Record:
    """A record of a lane's state."""
    return Record("petalstream.lanes", key=key, value=value)


def test_no_consumer_scores_the_topic_of_the_lanes() -> None:
    for group in ("petalstream", "iris", "iris.requests"):
        assert not REQUEST_TOPICS.match(lanes_topic(group))


def test_a_state_is_read_as_it_was_written() -> None:
    for state in (LaneState.paused("600 of 1,000 outcomes are dead letters é"), LaneState.running()):
        assert read_lane(lane_record(b"iris", json.dumps(asdict(state)).encode())) == ("iris", state)


def test_a_record_without_a_value_means_running() -> None:
    assert read_lane(lane_record(b"iris", None)) == ("iris", LaneState(Phase.RUNNING, "", ""))


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        (None, b'{"state": "paused"}', "its key '' is not a model's name"),
        (b"Iris!", b'{"state": "paused"}', "its key 'Iris!' is not a model's name"),
        (b"\xff", b'{"state": "paused"}', "can't decode byte 0xff"),
        (b"iris", b"", "Expecting value"),
        (b"iris", b"\xff", "can't decode byte 0xff"),
        (b"iris", b"[" * 100_000, "recursion"),
        (b"iris", b"[1]", "its value is not a JSON object"),
        (b"iris", b"{}", "'None' is not a valid Phase"),
        (b"iris", b'{"state": "asleep"}', "'asleep' is not a valid Phase"),
        (b"iris", b'{"state": "paused", "reason": 1}', "its reason and since must be strings"),
    ],
)
def test_a_record_that_is_not_a_state_is_refused_with_the_reason(
    key: bytes | None, value: bytes | None, error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        read_lane(lane_record(key, value))


def test_the_paused_lanes_are_a_table_in_which_no_control_character_is_printed() -> None:
    found = {
        "iris": LaneState(Phase.PAUSED, "600 of the last 1,000 outcomes are dead letters", "2026-01-02T03:04:05.678Z"),
        "rose": LaneState(Phase.PAUSED, "\x1b[31m", "\x07"),
    }
    assert list(lanes.listing(found)) == [
        "model  since                     reason",
        "iris   2026-01-02T03:04:05.678Z  600 of the last 1,000 outcomes are dead letters",
        r"rose   \x07                      \x1b[31m",
    ]
    assert list(lanes.listing({})) == ["no lane is paused"]

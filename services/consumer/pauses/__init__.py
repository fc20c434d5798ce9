"""Which lanes are paused: one state per model, kept in a compacted topic that every consumer of the group reads."""

from services.consumer.pauses.lane_pauses import LanePauses
from services.consumer.pauses.lane_state import LaneState, Phase, lanes_topic, read_lane, write_lane

__all__ = ["LanePauses", "LaneState", "Phase", "lanes_topic", "read_lane", "write_lane"]

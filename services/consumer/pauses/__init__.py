"""Which lanes are paused: one state per model, kept in a compacted topic that every consumer of the group reads."""

from services.consumer.pauses.lane_pauses import LanePauses

__all__ = ["LanePauses"]

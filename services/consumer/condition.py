"""What a lane does now."""

from enum import StrEnum


class Condition(StrEnum):
    """The states of a lane; it is in one of them at a time."""

    RUNNING = "running"
    WAITING_FOR_API = "waiting_for_api"
    WAITING_FOR_TOPIC = "waiting_for_topic"
    OVER_DEAD_LETTER_LIMIT = "over_dead_letter_limit"

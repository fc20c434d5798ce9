"""The parts of the stack, and the lanes of the consumer."""

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """The condition of a part of the stack."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """A part of the stack, such as the api; `state` is a word (ready, 2 members) and `words` a sentence or empty."""

    name: str
    condition: Condition
    state: str
    words: str = ""


@dataclass(frozen=True)
class Lane:
    """The lane of a model in the consumer; `reason` says why it is paused since `since`."""

    is_paused: bool
    since: str = ""
    reason: str = ""

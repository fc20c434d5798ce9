"""Why a record is not scored: the words that the api says of a row and that a dead letter carries."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """One word for each way in which a record cannot be scored; docs/operation.md explains each."""

    UNDECODABLE = "undecodable"
    NOT_AN_OBJECT = "not_an_object"
    INVALID_EVENT = "invalid_event"
    MISSING_FEATURE = "missing_feature"
    UNKNOWN_FEATURE = "unknown_feature"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    TOO_LARGE = "too_large"
    TOMBSTONE = "tombstone"
    UNKNOWN_MODEL = "unknown_model"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class Fault:
    """Why something cannot be scored: a reason for the metrics and a message for people."""

    reason: Reason
    message: str

"""The outcome of a record: the message to write for it, a prediction or a dead letter."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Message, ReceivedRecord
from petalstream.reasons import Fault, Reason
from services.consumer.api_client.errors import BatchFailed, BatchRejected, ConnectionClosed
from services.consumer.api_client.responses import RowResult
from services.consumer.scoring.predictions import Stamp, write_prediction
from services.consumer.scoring.records import Request

# Below the 1 MB that a topic accepts by default.
MOST_PREDICTION_BYTES = 1_000_000
# More than the bytes of the headers that a prediction adds to those of its request.
ADDED_HEADER_BYTES = 4_096


class Outcome(NamedTuple):
    """The message to write for a record, and its verdict: the request with its prediction, or the fault.

    `attempts` is the number of requests to the api that contained the record.
    """

    record: ReceivedRecord
    message: Message
    verdict: tuple[Request, RowResult] | Fault
    attempts: int


def dead(record: ReceivedRecord, fault: Fault, attempts: int) -> Outcome:
    """Return a dead letter of `record`."""
    return Outcome(record, write_dead_letter(record, fault, attempts), fault, attempts)


def outcome_of(
    request: Request, result: RowResult | BatchRejected, attempts: int, stamp: Stamp, record_bytes: int
) -> Outcome:
    """Return the prediction of a request, or a dead letter if the api rejected it or the prediction is too large.

    No request is larger than `record_bytes`.
    """
    if isinstance(result, BatchRejected):
        return dead(request.record, _fault_of_rejection(result), attempts)
    if "errors" in result:
        return dead(request.record, _first_error(result["errors"], "the api gives no reason"), attempts)
    message = write_prediction(request, result, stamp)
    # An upper bound, since to add up the headers of each prediction takes long.
    most = record_bytes + ADDED_HEADER_BYTES + len(message.value or b"")
    if most > MOST_PREDICTION_BYTES and message.size > MOST_PREDICTION_BYTES:
        text = f"its prediction would have {message.size} bytes, and a topic accepts {MOST_PREDICTION_BYTES}"
        return dead(request.record, Fault(Reason.TOO_LARGE, text), attempts)
    return Outcome(request.record, message, (request, result), attempts)


def _fault_of_rejection(error: BatchRejected) -> Fault:
    """Return the fault of a record for which the api rejects a batch."""
    if isinstance(error, ConnectionClosed):
        return Fault(error.reason, f"{error} three times")
    fault = _first_error(error.errors, str(error), error.reason)
    return Fault(error.reason, fault.message) if isinstance(error, BatchFailed) else fault


def _first_error(errors: Sequence[Mapping[str, Any]], default: str, default_reason: Reason = Reason.REJECTED) -> Fault:
    """Return the first of the api's errors; the defaults replace a message that is missing or an unknown reason."""
    first = errors[0] if errors else {}
    reason = first.get("reason")
    field, message = first.get("field"), first.get("message", default)
    text = f"{field} {message}" if field else str(message)
    return Fault(Reason(reason) if reason in list(Reason) else default_reason, text)

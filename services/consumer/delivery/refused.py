"""What is written in place of an outcome that the broker refuses."""

from collections.abc import Mapping, Sequence

from petalstream.broker import RECORD_ERRORS, KafkaError, MessageSizeTooLargeError
from petalstream.dead_letters import is_bare, write_dead_letter
from petalstream.messages import dead_letters_topic, model_of
from petalstream.reasons import Fault, Reason
from services.consumer.scoring.outcomes import Outcome


def raise_unless_refused(errors: Mapping[int, KafkaError]) -> None:
    """Raise the first error that is not the broker's refusal of single records."""
    for error in errors.values():
        if not isinstance(error, RECORD_ERRORS):
            raise error


def halves(indices: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Split what was refused together, in order."""
    middle = len(indices) // 2
    return indices[:middle], indices[middle:]


def substitute(outcome: Outcome, error: KafkaError) -> Outcome:
    """Return a dead letter in place of a refused outcome, without the record's bytes if it was one already.

    Raises `error` if the broker refuses even that: then its topic is at fault.
    """
    record, topic = outcome.record, outcome.message.topic
    too_large = isinstance(error, MessageSizeTooLargeError)
    reason = Reason.TOO_LARGE if too_large else Reason.REJECTED
    limit = " (its max.message.bytes)" if too_large else ""
    text = f"the broker refused the outcome of {outcome.message.size} bytes for {topic}{limit}: {error}"
    fault = Fault(reason, text)
    is_dead_letter = topic == dead_letters_topic(model_of(record.topic))
    if is_dead_letter and isinstance(outcome.verdict, Fault):
        fault = Fault(outcome.verdict.reason, f"{outcome.verdict.message}; {fault.message}")
    if is_dead_letter and is_bare(outcome.message):
        raise error
    message = write_dead_letter(record, fault, outcome.attempts, bare=is_dead_letter)
    return Outcome(record, message, fault, outcome.attempts)

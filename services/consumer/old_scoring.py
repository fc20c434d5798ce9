"""Decode, score, encode: the pure core of the consumer. Every record in gives exactly one outcome."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from petalstream.dead_letters import write_dead_letter
from petalstream.messages import ReceivedRecord, event_time
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.answers import Answer
from services.consumer.policy import InQuestion, Unavailable, UnknownModel
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import InvalidRecord, Request, read_request, write_prediction

# Below the 1 MB that a topic of the broker takes unless it is configured otherwise.
MOST_PREDICTION_BYTES = 1_000_000
# More than those headers of a prediction have that are not the request's.
OWN_HEADERS_BYTES = 4_096
Ask = Callable[[str, Sequence[bytes]], Sequence[Answer]]


@dataclass(frozen=True)
class Scoring:
    """How records are scored: `ask` scores rows of one model with the api, `batch_bytes` at most in one request."""

    ask: Ask
    record_bytes: int
    batch_bytes: int

    def outcomes(self, records: Sequence[ReceivedRecord]) -> list[Outcome]:
        """One outcome a record, in the records' order. Raises only what `ask` raises beyond the policy's errors."""
        read = [self._read(record) for record in records]
        by_model: dict[str, list[Request]] = defaultdict(list)
        for each in read:
            if isinstance(each, Request):
                by_model[each.model].append(each)
        scored = {model: self._scored(requests) for model, requests in by_model.items()}
        return [next(scored[each.model]) if isinstance(each, Request) else each for each in read]

    def _read(self, record: ReceivedRecord) -> Request | Outcome:
        try:
            return read_request(record, self.record_bytes)
        except InvalidRecord as error:
            return _dead(record, error.fault, 0)

    def _scored(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """The outcomes of one model's requests, asked for batch by batch as they are taken."""
        return (outcome for batch in self._batches(requests) for outcome in self._score(batch, 0))

    def _batches(self, requests: Iterable[Request]) -> Iterator[list[Request]]:
        """The requests in groups of at most `batch_bytes`, or of one."""
        batch: list[Request] = []
        held = 1  # the list's own brackets, less the comma that its last row has not
        for request in requests:
            length = len(request.record.value or b"") + 1
            if batch and held + length > self.batch_bytes:
                yield batch
                batch, held = [], 1
            batch.append(request)
            held += length
        yield batch

    def _score(self, batch: Sequence[Request], attempts: int) -> list[Outcome]:
        """The outcomes of one batch of one model, which the api was asked about `attempts` times already."""
        try:
            answers = self.ask(batch[0].model, [request.record.value or b"" for request in batch])
        except (UnknownModel, Unavailable) as error:
            fault = Fault(error.reason, str(error))
            return [_dead(request.record, fault, attempts + error.tries) for request in batch]
        except InQuestion as error:
            attempts += error.tries
            if len(batch) == 1:
                return [_dead(batch[0].record, _fault(error.errors, str(error), error.reason), attempts)]
            half = len(batch) // 2
            return self._score(batch[:half], attempts) + self._score(batch[half:], attempts)
        now = event_time(datetime.now(UTC))
        attempts += 1
        return [self._judged(request, answer, attempts, now) for request, answer in zip(batch, answers, strict=True)]

    def _judged(self, request: Request, answer: Answer, attempts: int, now: bytes) -> Outcome:
        if "errors" in answer:
            return _dead(request.record, _fault(answer["errors"], "the api gives no reason"), attempts)
        message = write_prediction(request, answer, now)
        # To add up all headers takes its time; but for OWN_HEADERS_BYTES, they and the key were the request's.
        most = self.record_bytes + OWN_HEADERS_BYTES + len(message.value or b"")
        if most > MOST_PREDICTION_BYTES and message.size > MOST_PREDICTION_BYTES:
            said = f"its prediction would be {message.size} bytes, and a topic takes {MOST_PREDICTION_BYTES}"
            return _dead(request.record, Fault(Reason.TOO_LARGE, said), attempts)
        return Outcome(request.record, message, (request, answer), attempts)


def _dead(record: ReceivedRecord, fault: Fault, attempts: int) -> Outcome:
    return Outcome(record, write_dead_letter(record, fault, attempts), fault, attempts)


def _fault(errors: Sequence[Mapping[str, Any]], otherwise: str, unsaid: Reason = Reason.REJECTED) -> Fault:
    """The first of the api's errors; `unsaid` where it has no reason that is known here."""
    first = errors[0] if errors else {}
    reason = first.get("reason")
    field, message = first.get("field"), first.get("message", otherwise)
    said = f"{field} {message}" if field else str(message)
    return Fault(Reason(reason) if reason in list(Reason) else unsaid, said)

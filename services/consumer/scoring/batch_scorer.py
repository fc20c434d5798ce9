"""Scores the records of one model: one outcome for each record, in order."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import NamedTuple

from petalstream.messages import ReceivedRecord, event_time
from petalstream.reasons import Fault
from services.consumer.api_client.errors import ApiError, BatchRejected
from services.consumer.api_client.responses import RowResult
from services.consumer.scoring.isolation import Isolation
from services.consumer.scoring.outcomes import Outcome, dead, outcome_of
from services.consumer.scoring.predictions import Stamp
from services.consumer.scoring.records import InvalidRecord, Request, read_request


class Scored(NamedTuple):
    """The outcomes of the first records of a batch, and the error that prevents the next one; None without an error."""

    outcomes: list[Outcome]
    error: ApiError | None


class _Results(NamedTuple):
    """The results of the first rows of a batch, each with the number of requests that contained the row."""

    rows: Iterable[tuple[RowResult | BatchRejected, int]]
    error: ApiError | None = None


class BatchScorer:
    """Scores records with `score`, which returns a result for each row or raises ApiError.

    Records of more than `record_bytes` become dead letters. It keeps one scored row, as the control row of isolations.
    """

    def __init__(self, score: Callable[[Sequence[bytes]], Sequence[RowResult]], record_bytes: int) -> None:
        self._score, self._record_bytes = score, record_bytes
        self._control: bytes | None = None

    def score_front(
        self, records: Sequence[ReceivedRecord], wait: Callable[[float], None], attempts: int = 0, topic_id: str = ""
    ) -> Scored:
        """Score the first records, all of them if the api allows it; invalid ones become dead letters.

        `wait` waits for a number of seconds; what it raises is passed on. `attempts` is how many requests contained
        these records before, `topic_id` the id of their topic.
        """
        read = [self._read(record) for record in records]
        rows = [each.row for each in read if isinstance(each, Request)]
        results, error = self._results(rows, wait) if rows else _Results([])
        stamp, remaining = Stamp(event_time(datetime.now(UTC)), topic_id), iter(results)
        outcomes: list[Outcome] = []
        for each in read:
            if isinstance(each, Request):
                result, requests = next(remaining, (None, 0))
                if result is None:
                    break
                each = outcome_of(each, result, attempts + requests, stamp, self._record_bytes)
            outcomes.append(each)
        return Scored(outcomes, error)

    def give_up(self, records: Sequence[ReceivedRecord], error: ApiError, attempts: int) -> list[Outcome]:
        """Return a dead letter of each record, for `error`; invalid records have their own reason."""
        fault = Fault(error.reason, str(error))
        read = [self._read(record) for record in records]
        return [dead(each.record, fault, attempts) if isinstance(each, Request) else each for each in read]

    def _read(self, record: ReceivedRecord) -> Request | Outcome:
        try:
            return read_request(record, self._record_bytes)
        except InvalidRecord as error:
            return dead(record, error.fault, 0)

    def _results(self, rows: Sequence[bytes], wait: Callable[[float], None]) -> _Results:
        """Score rows; if the api rejects them together, find out which of them it rejects."""
        try:
            results = self._score(rows)
        except BatchRejected as error:
            return self._isolate(rows, error, wait)
        except ApiError as error:
            return _Results([], error)
        scored = (row for row, result in zip(rows, results, strict=True) if "errors" not in result)
        self._control = next(scored, self._control)
        return _Results(zip(results, repeat(1)))

    def _isolate(self, rows: Sequence[bytes], rejection: BatchRejected, wait: Callable[[float], None]) -> _Results:
        isolation = Isolation(rows, self._score, wait, self._control)
        error = isolation.run(rejection)
        self._control = isolation.control
        known = [isolation.results[row] for row in range(isolation.known)]
        if not known and not error:
            error = rejection
        return _Results(zip(known, isolation.attempts[: len(known)], strict=True), error)

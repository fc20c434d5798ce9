"""Finds the records for which the api rejects a batch, with a bounded number of requests.

A rejected batch is halved until each culprit stands alone. If both halves are rejected and nothing was scored yet, the
model or the api may be the cause, and not the records. Then up to 16 single records of a large batch are tried: if all
are rejected alike, the search ends. A small batch is compared with a row that was scored before.
"""

from collections.abc import Callable, Sequence

from services.consumer.api_client.errors import ApiError, BatchFailed, BatchRejected
from services.consumer.api_client.responses import RowResult

SAMPLES, MOST_REQUESTS, MOST_SUSPECTS = 16, 256, 64
TRIES, CONTROL_TRIES, SECONDS_BETWEEN_TRIES = 3, 5, 1.0

Score = Callable[[Sequence[bytes]], Sequence[RowResult]]
Wait = Callable[[float], None]


class Isolation:
    """Searches one batch. After run(), `results` maps the number of a row to its result or to its rejection.

    `score` scores rows, or raises ApiError. `wait` waits for a number of seconds, or raises to end the search.
    `control` is a row of this model that was scored before, if there is one. `attempts` counts the requests for each
    row.
    """

    def __init__(self, rows: Sequence[bytes], score: Score, wait: Wait, control: bytes | None) -> None:
        self.results: dict[int, RowResult | BatchRejected] = {}
        self.attempts = [1] * len(rows)
        self._rows, self._score, self._wait, self._control = rows, score, wait, control
        # Rows that failed alone, once or twice.
        self._suspects: dict[int, BatchFailed] = {}
        self._requests_left = MOST_REQUESTS

    def run(self, error: BatchRejected) -> ApiError | None:
        """Search the batch, which was rejected with `error` as a whole.

        Returns what prevents a result for the other rows; None if each has one or the limit of requests is reached.
        """
        try:
            self._divide(range(len(self._rows)), error)
        except _LimitReached:
            pass
        except ApiError as obstacle:
            return obstacle
        try:
            self._confirm_suspects()
        except ApiError as obstacle:
            return obstacle
        return None

    @property
    def known(self) -> int:
        """The number of rows at the beginning of the batch that have a result."""
        count = len(self._rows)
        return next((row for row in range(count) if row not in self.results), count)

    @property
    def control(self) -> bytes | None:
        """A row that was scored: one of the batch, or else that of before."""
        return next((self._rows[row] for row in self.results if self._is_predicted(row)), self._control)

    def _divide(self, numbers: Sequence[int], error: BatchRejected) -> None:
        """Search rows that were rejected together."""
        if len(numbers) == 1:
            self._accuse(numbers[0], error)
            return
        middle = len(numbers) // 2
        halves = [(half, self._request(half)) for half in (numbers[:middle], numbers[middle:])]
        if all(half_error for _, half_error in halves) and not self.results and not self._suspects:
            if len(numbers) > SAMPLES:
                self._sample(numbers)
            elif isinstance(error, BatchFailed) and self._control is not None:
                self._score_control(self._control)
        for half, half_error in halves:
            rest = [row for row in half if row not in self.results and row not in self._suspects]
            if rest and len(rest) < len(half):
                # The rows that are known now may be those that were rejected.
                half_error = self._request(rest)
            if rest and half_error:
                self._divide(rest, half_error)

    def _sample(self, numbers: Sequence[int]) -> None:
        """Try single rows, spread over the batch, until one is scored. Raises their error if all are rejected alike."""
        errors: dict[int, BatchRejected] = {}
        for row in [numbers[index * len(numbers) // SAMPLES] for index in range(SAMPLES)]:
            if error := self._request([row]):
                errors[row] = error
            elif self._is_predicted(row):
                break
        kinds = {(isinstance(error, BatchFailed), error.reason) for error in errors.values()}
        if len(errors) == SAMPLES and len(kinds) == 1:
            raise next(iter(errors.values()))
        for row, error in errors.items():
            self._accuse(row, error)

    def _accuse(self, row: int, error: BatchRejected) -> None:
        """Note a row that was rejected alone: it is the culprit, but a failure may have another cause."""
        if isinstance(error, BatchFailed):
            self._suspects[row] = error
        else:
            self.results[row] = error

    def _confirm_suspects(self) -> None:
        """Try each of the first suspects until it failed alone three times, with another row scored in between.

        Raises their error if there is no other row.
        """
        self._requests_left = MOST_SUSPECTS * TRIES
        self._suspects = {row: self._suspects[row] for row in sorted(self._suspects)[:MOST_SUSPECTS]}
        for _ in range(TRIES - 1):
            if not self._suspects:
                return
            control = self.control
            if control is None:
                raise next(iter(self._suspects.values()))
            self._wait(SECONDS_BETWEEN_TRIES)
            self._score_control(control)
            for row in list(self._suspects):
                del self._suspects[row]
                if error := self._request([row]):
                    self._accuse(row, error)
        self.results |= self._suspects

    def _score_control(self, control: bytes) -> None:
        """Score a row that was scored before. Raises ApiError if the api does not score it."""
        for tries_left in reversed(range(CONTROL_TRIES)):
            try:
                self._score([control])
                return
            except ApiError:
                if not tries_left:
                    raise
                self._wait(SECONDS_BETWEEN_TRIES)

    def _request(self, numbers: Sequence[int]) -> BatchRejected | None:
        """Score these rows. Returns the error if they are rejected. Raises any other ApiError."""
        if not self._requests_left:
            raise _LimitReached
        self._requests_left -= 1
        for row in numbers:
            self.attempts[row] += 1
        try:
            results = self._score([self._rows[row] for row in numbers])
        except BatchRejected as error:
            return error
        self.results.update(zip(numbers, results, strict=True))
        return None

    def _is_predicted(self, row: int) -> bool:
        result = self.results[row]
        return not isinstance(result, BatchRejected) and "errors" not in result


class _LimitReached(Exception):
    """The search has used its requests."""

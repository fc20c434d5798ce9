"""Outcomes as a lane passes them to its writer, and a producer made by hand that a test tells what to refuse."""

from collections.abc import Callable, Sequence
from typing import Any

from petalstream.broker import KafkaError, Positions
from petalstream.messages import Message, predictions_topic
from petalstream.reasons import Fault, Reason
from services.consumer.scoring.outcomes import Outcome, dead
from services.consumer.scoring.records import Request
from tests.records import Record

RESULT = {"model": "iris", "version": "3", "label": "setosa", "probabilities": {"setosa": 1.0}, "warnings": []}


def predicted(offset: int, partition: int = 0, size: int = 10) -> Outcome:
    """The prediction of the request at that offset, of so many bytes."""
    record = Record(partition=partition, offset=offset, key=b"%d" % offset)
    message = Message(predictions_topic("iris"), record.key, b"x" * size, [])
    return Outcome(record, message, (Request(record, "iris", b"{}", {}, []), RESULT), 1)


def dead_letter(offset: int, key: bytes | None = b"1") -> Outcome:
    """The dead letter of the request at that offset."""
    return dead(Record(offset=offset, key=key), Fault(Reason.WRONG_TYPE, "n must be a number"), 1)


class Producer:
    """Keeps what it is given; `refuse` gives the error of a message, if any; `fail` raises before a step."""

    def __init__(
        self,
        refuse: Callable[[Message], KafkaError | None] = lambda message: None,
        fail: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._refuse, self._fail = refuse, fail
        self.steps: list[str] = []
        self.written: list[Message] = []
        self.committed: list[Message] = []
        self.begun: list[tuple[Any, Positions]] = []
        self._open: list[Message] = []

    def begin_transaction(self, membership: Any, positions: Positions) -> None:
        self.begun.append((membership, positions))
        self._step("begin")
        self._open = []

    def write(self, messages: Sequence[Message], left: Callable[[], float], *_: object) -> dict[int, KafkaError]:
        assert left() > 0
        self._step(f"write {len(messages)}")
        refused = {number: error for number, message in enumerate(messages) if (error := self._refuse(message))}
        taken = [message for number, message in enumerate(messages) if number not in refused]
        self.written += taken
        self._open += taken
        return refused

    def commit_transaction(self, left: Callable[[], float]) -> None:
        self._step("commit")
        self.committed += self._open

    def abort_transaction(self, left: Callable[[], float]) -> None:
        self._step("abort")
        self._open = []

    def close(self, seconds: float) -> None:
        self.steps.append("close")

    def _step(self, step: str) -> None:
        self.steps.append(step)
        self._fail(step)

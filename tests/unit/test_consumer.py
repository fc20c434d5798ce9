"""The consumer's loop: write, print, commit, in this order, and nothing of it after a failure."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from petalstream.lifecycle import Stop
from petalstream.messages import UnreadableRecord, read_request
from services.consumer import show
from services.consumer.client import ApiError, RowsRejected
from services.consumer.loop import UnscorableRecord, Worker
from tests.records import Record

ANSWER = {
    "model": "iris",
    "version": "3",
    "label": "setosa",
    "probabilities": {"setosa": 0.976, "virginica": 0.024},
    "warnings": [],
}


class Kafka:
    """Consumer and producer at once; it keeps what was done, in order."""

    def __init__(self, batches: list[list[Record]], stop: Stop, refuse: bool = False) -> None:
        self._batches: Iterator[list[Record]] = iter(batches)
        self._stop = stop
        self._refuse = refuse
        self.done: list[tuple[str, Any]] = []

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Record]]:
        assert timeout_ms <= 1000
        assert max_records == 500
        batch = next(self._batches, None)
        if batch is None:
            self._stop.request()
        return {0: batch or []}

    def send(self, topic: str, value: bytes, key: bytes, headers: Any) -> "Kafka":
        self.done.append(("write", (topic, key, json.loads(value))))
        return self

    def get(self, timeout: float) -> None:
        if self._refuse:
            raise ValueError("the broker said no")

    def commit(self, offsets: Any, timeout_ms: int) -> None:
        self.done.append(("commit", {(p.topic, p.partition): o.offset for p, o in offsets.items()}))


class Api:
    """Answers every row with ANSWER, or not at all."""

    def __init__(self, fail: bool = False) -> None:
        self._fail = fail
        self.calls: list[tuple[str, int]] = []

    def predict(self, model: str, rows: list[Any]) -> list[dict[str, Any]]:
        self.calls.append((model, len(rows)))
        if self._fail:
            raise ApiError("no answer")
        return [{**ANSWER, "model": model} for _ in rows]


def run(batches: list[list[Record]], api: Api | None = None, refuse: bool = False) -> tuple[Kafka, Api]:
    stop = Stop()
    kafka, api = Kafka(batches, stop, refuse), api or Api()
    prepared: list[str] = []
    worker: Any = Worker(kafka, kafka, api, prepared.append, 500)  # type: ignore[arg-type]
    try:
        worker.run(stop)
    except Exception as error:
        error.args = (*error.args, kafka, api)
        raise
    return kafka, api


def record(offset: int, partition: int = 0, topic: str = "iris.requests") -> Record:
    return Record(topic, partition, offset, key=str(offset).encode(), value=b'{"petal_width": 0.2}')


def test_a_batch_is_one_request_to_the_api_and_committed_after_its_last_record() -> None:
    kafka, api = run([[record(5), record(6), record(2, partition=1)]])
    assert api.calls == [("iris", 3)]
    assert [step for step, _ in kafka.done] == ["write", "write", "write", "commit"]
    assert kafka.done[-1][1] == {("iris.requests", 0): 7, ("iris.requests", 1): 3}


def test_each_prediction_goes_under_its_requests_key_to_the_models_topic() -> None:
    kafka, _ = run([[record(5)]])
    topic, key, value = kafka.done[0][1]
    assert (topic, key) == ("iris.predictions", b"5")
    assert value["prediction"] == {"label": "setosa", "probabilities": ANSWER["probabilities"]}
    assert value["features"] == {"petal_width": 0.2}


def test_two_models_in_one_batch_are_asked_for_separately() -> None:
    kafka, api = run([[record(1), record(9, topic="rose.requests"), record(2)]])
    assert sorted(api.calls) == [("iris", 2), ("rose", 1)]
    assert kafka.done[-1][1] == {("iris.requests", 0): 3, ("rose.requests", 0): 10}


def test_nothing_is_committed_when_the_api_does_not_answer() -> None:
    with pytest.raises(ApiError) as failed:
        run([[record(5)]], Api(fail=True))
    assert failed.value.args[1].done == []


def test_a_row_that_the_api_rejects_is_named_by_its_records_place() -> None:
    class Judge(Api):
        def predict(self, model: str, rows: list[Any]) -> list[dict[str, Any]]:
            raise RowsRejected([{"row": 1, "field": "petal_width", "message": "is missing"}])

    with pytest.raises(UnscorableRecord, match=r"iris\.requests\[0\]@6: petal_width is missing") as failed:
        run([[record(5), record(6)]], Judge())
    assert failed.value.args[1].done == []


def test_nothing_is_printed_or_committed_when_the_broker_refuses_a_prediction(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="the broker said no") as failed:
        run([[record(5)]], refuse=True)
    assert [step for step, _ in failed.value.args[1].done] == ["write"]
    assert capsys.readouterr().out == ""


def test_a_record_that_cannot_be_read_stops_the_loop_before_its_batch_is_scored() -> None:
    with pytest.raises(UnreadableRecord, match=r"iris\.requests\[0\]@6") as failed:
        run([[record(5), Record(offset=6, value=b"{")]])
    assert failed.value.args[1].done == []
    assert failed.value.args[2].calls == []


def line_for(expected: bytes | None) -> str:
    headers = [("expected", expected)] if expected else []
    features = b'{"sepal_length": 5.1, "petal_width": 0.2}'
    request = read_request(Record(partition=3, offset=17, value=features, headers=headers))
    return show.line(request, ANSWER, 0.0124)


def test_a_prediction_is_shown_as_one_readable_line() -> None:
    record, answer = line_for(b"setosa").split("  ->  ")
    assert record == "iris.requests[3]@17  sepal_length=5.1 petal_width=0.2"
    assert answer == "setosa 97.6%  ✓ as expected  (iris version 3, 12 ms)"


def test_a_wrong_prediction_and_one_without_a_known_label_are_told_apart() -> None:
    assert "✗ expected virginica" in line_for(b"virginica")
    assert "? no known label" in line_for(None)


def test_a_stop_is_seen_between_two_batches() -> None:
    stop = Stop()
    stop.request()
    kafka = Kafka([[record(1)]], stop)
    Worker(kafka, kafka, Api(), print, 500).run(stop)  # type: ignore[arg-type]
    assert kafka.done == []

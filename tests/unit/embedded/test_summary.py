"""The closing summary: every request matched with what came back."""

import json

import pytest

from embedded.summary import Summary
from tests.records import Record


def request(offset: int, timestamp: int = 1_000) -> Record:
    return Record(offset=offset, timestamp=timestamp)


def prediction(offset: int, label: str = "setosa", expected: str | None = "setosa", timestamp: int = 1_010) -> Record:
    headers: list[tuple[str, bytes | None]] = [("source_partition", b"0"), ("source_offset", str(offset).encode())]
    if expected:
        headers.append(("expected", expected.encode()))
    value = json.dumps({"prediction": {"label": label}}).encode()
    return Record("iris.predictions", timestamp=timestamp, value=value, headers=headers)


def dead_letter(offset: int) -> Record:
    headers = [("dead_letter_partition", b"0"), ("dead_letter_offset", str(offset).encode())]
    return Record("iris.dead-letters", headers=headers)


def test_a_run_in_which_everything_came_back_is_complete() -> None:
    summary = Summary.of([request(0), request(1)], [prediction(0)], [dead_letter(1)])
    assert (summary.sent, summary.predicted, summary.dead_lettered, list(summary.missing)) == (2, 1, 1, [])
    assert summary.complete


def test_a_record_that_did_not_come_back_is_named_and_the_run_incomplete() -> None:
    summary = Summary.of([request(0), request(1)], [prediction(0)], [])
    assert list(summary.missing) == [(0, 1)]
    assert not summary.complete
    assert "1 MISSING: [(0, 1)]" in str(summary)


def test_a_prediction_written_twice_counts_once() -> None:
    assert Summary.of([request(0)], [prediction(0), prediction(0)], []).predicted == 1


def test_accuracy_is_over_the_predictions_whose_label_is_known() -> None:
    predictions = [prediction(0), prediction(1, label="virginica"), prediction(2, expected=None)]
    assert Summary.of([request(i) for i in range(3)], predictions, []).accuracy == 0.5


def test_accuracy_has_its_interval_if_each_row_was_sent_once() -> None:
    predictions = [prediction(i, label="setosa" if i else "virginica") for i in range(30)]
    requests = [request(i) for i in range(30)]
    assert "accuracy 0.967, latency" in str(Summary.of(requests, predictions, []))  # all have the same key
    for i, record in enumerate(predictions):
        record.key = str(i).encode()
    summary = Summary.of(requests, predictions, [])
    assert summary.accuracy_interval == pytest.approx((0.8333, 0.9941), abs=1e-4)
    assert "accuracy 0.967 (95% interval 0.833 to 0.994), latency" in str(summary)


def number(offset: int, value: float, expected: str | None) -> Record:
    headers: list[tuple[str, bytes | None]] = [("source_partition", b"0"), ("source_offset", str(offset).encode())]
    if expected is not None:
        headers.append(("expected", expected.encode()))
    content = json.dumps({"prediction": {"value": value, "unit": "g"}}).encode()
    return Record("penguins.predictions", timestamp=1_010, value=content, headers=headers)


def test_of_numbers_the_mean_error_is_over_those_whose_true_number_is_known() -> None:
    predictions = [number(0, 4000, "4100"), number(1, 4000, "3995.5"), number(2, 9, None), number(3, 9, "heavy")]
    summary = Summary.of([request(i) for i in range(4)], predictions, [])
    assert (summary.accuracy, summary.mean_absolute_error) == (None, "52.2 g")
    assert "\nmean absolute error 52.2 g, latency p50 10 ms" in str(summary)


def test_latency_is_from_the_requests_timestamp_to_its_predictions() -> None:
    requests = [request(i, timestamp=1_000) for i in range(101)]
    predictions = [prediction(i, timestamp=1_000 + i) for i in range(101)]
    summary = Summary.of(requests, predictions, [])
    assert [summary.p50, summary.p99] == pytest.approx([50, 99])
    assert summary.rate == pytest.approx(1010)


def test_a_timestamp_that_gives_no_latency_counts_neither_there_nor_in_the_rate() -> None:
    requests = [request(0), request(1), request(2, timestamp=1_800_000_000), request(3, timestamp=2**63 - 1)]
    summary = Summary.of(requests, [prediction(number) for number in range(4)], [])
    assert (summary.predicted, summary.untimed, summary.p50, summary.rate) == (4, 2, 10, 200)
    assert str(summary).endswith("records/s\n2 with a timestamp that gives no latency")


def test_a_run_that_sent_nothing_is_not_complete() -> None:
    summary = Summary.of([], [], [])
    assert not summary.complete
    assert str(summary).splitlines() == [
        "sent 0, predicted 0, dead-lettered 0",
        "accuracy -, latency p50 - ms, p99 - ms, rate - records/s",
    ]

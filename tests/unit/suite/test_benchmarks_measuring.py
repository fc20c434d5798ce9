"""The parts of the benchmarks that need neither server nor broker: what wrk says, what is right, rates, profiles."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import joblib
import numpy as np
import pytest

from benchmarks import latency, movers, profiles, slow_model, streams, wrk
from benchmarks.bench import Bench, BenchmarkError, Predictions
from petalstream.messages import event_time
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from services.api.models.loading import open_bundle
from services.consumer.scoring.predictions import Stamp, write_prediction
from services.consumer.scoring.records import Request
from tests.records import FLOWER, Record

FIGURES = '{"requests": 4000, "microseconds": 2000000, "not_ok": 0, "socket_errors": 0, "p50": 1500, "p99": 9000}'
PREDICTED = Predictions(["setosa", "virginica"], [0.9, 0.1, 0.2, 0.8])


def test_wrks_figures_are_a_rate_and_milliseconds() -> None:
    load = wrk.parsed(f"Running 2s test @ http://127.0.0.1\n  1 threads and 16 connections\n{FIGURES}\n")
    assert (load.rate, load.p50, load.p99) == (2000, 1.5, 9)


@pytest.mark.parametrize(
    ("was", "now"), [('"not_ok": 0', '"not_ok": 1'), ('"socket_errors": 0', '"socket_errors": 2'), ("4000", "0")]
)
def test_a_load_of_which_an_answer_was_no_success_has_no_rate(was: str, now: str) -> None:
    with pytest.raises(BenchmarkError, match="request"):
        wrk.parsed(FIGURES.replace(was, now))


def test_without_figures_wrks_words_are_told() -> None:
    with pytest.raises(BenchmarkError, match="unable to connect"):
        wrk.parsed("unable to connect")


@pytest.mark.parametrize(
    "answer",
    [
        [{"label": "setosa", "probabilities": {"setosa": 0.9}}, {"label": "virginica"}],
        {"outputs": [{"name": "predict", "shape": [2], "data": ["setosa", "virginica"]}]},
        {"outputs": [{"name": "predict_proba", "shape": [2, 2], "data": [0.90001, 0.1, 0.2, 0.8]}]},
        {"predictions": [[0.9, 0.1], [0.2, 0.8]]},
        [{"label": "setosa", "votes": {"one": "virginica"}}, {"label": "virginica", "votes": {"one": "virginica"}}],
    ],
)
def test_predictions_are_found_in_answers_of_any_form(answer: object) -> None:
    assert PREDICTED.are_in(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"label": "setosa"},
        [{"label": "virginica"}, {"label": "setosa"}],
        {"predictions": [[0.9, 0.1], [0.8, 0.2]]},
        {"setosa": 1, "virginica": 1},
        {},
    ],
)
def test_other_predictions_are_not_right(answer: object) -> None:
    assert not PREDICTED.are_in(answer)


def test_a_peer_has_a_pipeline_of_arrays_and_labels_that_predicts_what_ours_does(iris: Bundle, tmp_path: Path) -> None:
    bench = Bench(quick=True, models_dir=iris.path.parents[1], folder=tmp_path)
    rows = bench.samples("iris", 30)
    pipeline, right = joblib.load(bench.peer_file("iris")), bench.right("iris", rows)
    array = np.array([list(row.values()) for row in rows])
    assert pipeline.predict(array).tolist() == right.labels
    assert pipeline.predict_proba(array).ravel().tolist() == right.probabilities
    assert set(right.labels) == {"setosa", "versicolor", "virginica"}


def test_what_is_right_for_a_vote_is_its_label_alone(heart_failure: Bundle, tmp_path: Path) -> None:
    bench = Bench(quick=True, models_dir=heart_failure.path.parents[1], folder=tmp_path)
    right = bench.right("heart_failure", bench.samples("heart_failure", 20))
    assert set(right.labels) == {"survived", "died"}
    assert right.probabilities == []


def test_a_rate_counts_what_came_after_the_first_batch() -> None:
    assert streams.rate([1_000] * 500 + [2_000] * 300 + [3_000] * 700) == 500


@pytest.mark.parametrize("timestamps", [[], [1_000, 1_000]])
def test_what_came_at_once_has_no_rate(timestamps: list[int]) -> None:
    with pytest.raises(BenchmarkError, match="at once"):
        streams.rate(timestamps)


def test_unscored_records_have_the_headers_of_a_prediction() -> None:
    record = Record(headers=[("expected", b"setosa")])
    answer = {"model": "iris", "version": "1", "label": "setosa", "probabilities": {}, "warnings": []}
    request = Request(record, "iris", b"{}", {}, [("expected", b"setosa")])
    predicted = write_prediction(request, answer, Stamp(event_time(datetime.now(UTC)))).headers
    moved = movers.headers(record.topic, record.partition, record.offset)
    assert sorted(name for name, _ in moved) == sorted(name for name, _ in predicted)
    same = {name for name, _ in set(moved) & set(predicted)}
    assert {"ce_id", "source_topic", "source_partition", "source_offset"} <= same


def test_a_percentile_is_the_value_below_which_so_many_hundredths_are() -> None:
    assert latency.percentile(list(range(101)), 99) == 99


def test_the_slow_model_predicts_what_iris_does_after_its_seconds_for_each_row(iris: Bundle, tmp_path: Path) -> None:
    shutil.copytree(iris.path.parent, tmp_path / "iris")
    slow_model.publish(tmp_path)
    flowers, began = [FLOWER] * 20, time.monotonic()
    scored = open_bundle(bundle.current(tmp_path, slow_model.NAME)).scorer.predict(flowers)
    assert time.monotonic() - began >= 20 * slow_model.SECONDS_A_ROW
    fast = open_bundle(iris).scorer.predict(flowers)
    assert [each["label"] for each in scored.as_rows()] == [each["label"] for each in fast.as_rows()]


def test_a_profile_names_the_functions_with_the_most_time_of_their_own() -> None:
    stacks = ["process 7:python;main;poll 30", "process 7:python;main;send 50", "main 10", "main;send;poll 10"]
    found = profiles.profile("consumer", stacks)
    assert found.functions == [("send", 0.5, 0.6), ("poll", 0.4, 0.4), ("main", 0.1, 1.0)]

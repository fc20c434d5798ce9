"""A batch with a deadline is scored in chunks, with the bits of one call, and not after the deadline."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from petalstream.model import runtime
from petalstream.model.bundle import Bundle
from petalstream.model.inputs import Inputs
from petalstream.model.outputs import ClassOutput
from petalstream.model.runtime import Runtime
from services.api.errors import DeadlinePassed
from services.api.scoring import chunks as room
from services.api.scoring.chunks import ChunkedRuntime
from tests.outputs import classes


class Counting:
    """A runtime that keeps the number of rows of each call, and by how much each call moves the clock."""

    def __init__(self, seconds_a_row: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes, self._seconds, self._now = list[int](), seconds_a_row, 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self._now)
        monkeypatch.setattr(time, "perf_counter", lambda: self._now)

    def __call__(self, inputs: Inputs) -> ClassOutput:
        self.sizes.append(len(inputs))
        self._now += self._seconds * len(inputs)
        return ClassOutput(np.zeros(len(inputs), np.int64), inputs.matrix[:, :1], None)


def rows(count: int) -> Inputs:
    return Inputs(np.arange(count, dtype=np.float64).reshape(-1, 1))


def test_without_a_deadline_a_batch_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(1, monkeypatch)
    assert classes(ChunkedRuntime(counting).infer(rows(5_000))).probabilities.tolist() == rows(5_000).matrix.tolist()
    assert counting.sizes == [5_000]


def test_the_chunks_of_a_slow_model_are_small_and_those_of_a_fast_one_whole_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Counting(0.01, monkeypatch)
    assert classes(ChunkedRuntime(slow).infer(rows(50), deadline=60)).probabilities.tolist() == rows(50).matrix.tolist()
    assert slow.sizes == [16, 16, 18]  # the last chunk has the rest that is shorter than a tile
    fast = Counting(0.00001, monkeypatch)
    chunks = ChunkedRuntime(fast)
    for _ in range(3):
        chunks.infer(rows(750), deadline=60)
    assert fast.sizes == [16, 734, 750, 750]


def test_single_rows_do_not_make_the_chunks_of_a_batch_small(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Counting(0.00001, monkeypatch)
    chunks = ChunkedRuntime(fast)
    chunks.infer(rows(750), deadline=60)
    chunks.infer(rows(1), deadline=60)
    chunks.infer(rows(750), deadline=60)
    assert fast.sizes == [16, 734, 1, 750]


def test_a_batch_stops_between_chunks_after_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Counting(0.01, monkeypatch)
    with pytest.raises(DeadlinePassed):
        ChunkedRuntime(slow).infer(rows(750), deadline=1)
    assert sum(slow.sizes) == 112  # 1.12 s of 7.5 s
    with pytest.raises(DeadlinePassed):
        ChunkedRuntime(slow).infer(rows(1), deadline=1)
    assert sum(slow.sizes) == 112


@pytest.mark.parametrize("opened", [runtime.load_onnx, runtime.load_pickle])
@pytest.mark.parametrize("which", ["iris", "heart_failure"])
def test_chunks_give_the_bits_of_one_call(
    which: str, opened: Callable[[Bundle], Runtime], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Bundle = request.getfixturevalue(which)
    features = found.manifest.inputs
    matrix = np.array([[each.encode(row[each.name]) for each in features] for _, row, _ in found.test_set()])
    matrix = np.tile(matrix, (4, 1)) * np.random.default_rng(0).uniform(0.9, 1.1, (4 * len(matrix), len(features)))
    inputs = Inputs(matrix)
    compute = opened(found)
    monkeypatch.setattr(room, "CHUNK_SECONDS", 0.0)  # which makes every chunk as small as may be
    for count in (1, 15, 16, 17, 31, 32, 33, 47, 63, 100, len(inputs)):
        first = inputs.rows(0, count)
        whole, parts = compute(first), ChunkedRuntime(compute).infer(first, time.monotonic() + 60)
        for name in ("classes", "probabilities", "votes"):
            assert np.array_equal(getattr(whole, name), getattr(parts, name)), (count, name)


def test_how_long_it_takes_is_known_from_the_calls_before(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = ChunkedRuntime(Counting(0.001, monkeypatch))
    for _ in range(2):
        chunks.infer(rows(10))  # such as a model's golden rows
    assert (chunks.expected_seconds(40), chunks.expected_seconds(60)) == pytest.approx((0.04, 0.06))
    chunks.infer(rows(750))
    assert (chunks.expected_seconds(40), chunks.expected_seconds(60)) == pytest.approx((0.04, 0.06))


def test_a_slow_call_of_a_single_row_is_remembered_until_a_fast_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(3, monkeypatch)
    chunks = ChunkedRuntime(counting)
    chunks.infer(rows(1))
    assert chunks.expected_seconds(1) == 0, "one call may have waited for a processor"
    chunks.infer(rows(1))
    assert chunks.expected_seconds(1) == pytest.approx(3)
    counting._seconds = 0.0001
    chunks.infer(rows(1))
    assert chunks.expected_seconds(1) == pytest.approx(0.0001)

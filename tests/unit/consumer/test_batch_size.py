"""The number of records in a request: halved by a timeout, and more again after fast responses."""

from services.consumer.lanes.batch_size import BatchSize


def test_a_timeout_halves_what_was_asked_down_to_one() -> None:
    size = BatchSize(most=750, timeout=5)
    size.shrink(750)
    assert size.limit == 375
    size.shrink(100)
    assert size.limit == 50, "the batch had fewer records than the limit"
    for _ in range(10):
        size.shrink(size.limit)
    assert size.limit == 1


def test_fast_full_batches_let_it_grow_by_a_sixteenth_up_to_the_most() -> None:
    size = BatchSize(most=160, timeout=5)
    size.shrink(100)
    size.note(50, seconds=0.1)
    assert size.limit == 60
    for _ in range(20):
        size.note(size.limit, seconds=0.1)
    assert size.limit == 160


def test_neither_slow_nor_small_batches_let_it_grow() -> None:
    size = BatchSize(most=160, timeout=5)
    size.shrink(100)
    size.note(50, seconds=2.6)
    size.note(49, seconds=0.1)
    assert size.limit == 50


def test_a_model_that_is_slow_by_the_row_settles_at_a_size_that_fits() -> None:
    size, timeouts = BatchSize(most=750, timeout=5), 0
    for _ in range(100):
        seconds = size.limit * 0.01
        if seconds > 5:
            timeouts += 1
            size.shrink(size.limit)
        else:
            size.note(size.limit, seconds)
    assert (timeouts, size.limit) == (1, 375)

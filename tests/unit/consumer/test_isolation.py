"""The search for the rows for which a batch is rejected: finds just these, with a bounded number of requests."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consumer.api_client.errors import (
    ApiError,
    BatchFailed,
    BatchRejected,
    ConnectionClosed,
    TimedOut,
    Unavailable,
)
from services.consumer.scoring.isolation import MOST_REQUESTS, SAMPLES, Isolation
from tests.unit.consumer.scripted_api import MISSING, ScriptedApi, rejected, row

CONTROL = b'{"control": 1}'


def failed() -> ApiError:
    return BatchFailed("the api responded 500: oh")


def isolation(api: ScriptedApi, count: int, control: bytes | None = CONTROL) -> tuple[Isolation, ApiError | None]:
    """Search a batch of rows 0 to `count`, which `api` rejects."""
    search = Isolation([row(number) for number in range(count)], api.score, api.wait, control)
    error = api.error()
    assert isinstance(error, BatchRejected)
    return search, search.run(error)


def culprits(search: Isolation) -> set[int]:
    return {number for number, result in search.results.items() if isinstance(result, BatchRejected)}


def predicted(search: Isolation) -> set[int]:
    return set(search.results) - culprits(search)


def chosen(count: int, of: int, seed: int) -> set[int]:
    return set(random.Random(seed).sample(range(of), count))


def batches(most: int) -> st.SearchStrategy[tuple[int, set[int]]]:
    """Return sizes up to `most`, and the culprits in a batch of that size."""
    return st.integers(1, most).flatmap(
        lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1), min_size=1))
    )


@given(batches(70))
def test_just_the_culprits_are_found_unless_all_samples_are(case: tuple[int, set[int]]) -> None:
    count, poison = case
    api = ScriptedApi([row(number) for number in poison])
    search, error = isolation(api, count)
    if error:
        assert len(api.requests) == 2 + SAMPLES
        assert len(poison) >= SAMPLES
    else:
        assert culprits(search) == poison
        assert predicted(search) == set(range(count)) - poison
        assert search.known == count


@given(batches(40))
def test_each_row_that_fails_is_tried_alone_three_times(case: tuple[int, set[int]]) -> None:
    count, poison = case
    api = ScriptedApi([row(number) for number in poison], failed)
    search, error = isolation(api, count)
    if not error:
        assert culprits(search) == poison
        assert predicted(search) == set(range(count)) - poison
        for number in poison if count > 1 else ():
            assert api.requests.count([row(number)]) == 3


@pytest.mark.parametrize(("poison", "most"), [(1, 20), (2, 55), (20, MOST_REQUESTS)])
@pytest.mark.parametrize("seed", range(5))
def test_a_few_culprits_of_750_take_few_requests(poison: int, most: int, seed: int) -> None:
    numbers = chosen(poison, 750, seed)
    api = ScriptedApi([row(number) for number in numbers])
    search, error = isolation(api, 750)
    assert error is None
    assert len(api.requests) <= most
    assert culprits(search) <= numbers
    assert search.known == 750 or len(api.requests) == MOST_REQUESTS


@pytest.mark.parametrize("kind", [rejected, failed])
def test_if_all_samples_are_rejected_alike_their_error_is_returned_after_18_requests(
    kind: Callable[[], ApiError],
) -> None:
    api = ScriptedApi([row(number) for number in range(750)], kind)
    search, error = isolation(api, 750)
    assert str(error) == str(api.error())
    assert (len(api.requests), search.known, api.waits) == (18, 0, [])


def test_sampling_ends_with_the_first_row_that_is_predicted() -> None:
    api = ScriptedApi([row(0), row(749)])
    isolation(api, 750)
    assert api.requests[2:4] == [[row(0)], [row(46)]]
    assert len(api.requests[4]) > 1


def test_the_last_row_of_a_sampled_half_is_not_accused_without_being_tried() -> None:
    # Sampling knows all of the rows but one, and one of those was the culprit.
    api = ScriptedApi([row(0), row(9)], rejected, {row(number): [MISSING] for number in range(1, 9)})
    search, error = isolation(api, 17)
    assert (error, culprits(search), search.known) == (None, {0, 9}, 17)


def test_the_limit_of_requests_leaves_the_results_of_the_first_rows() -> None:
    poison = chosen(300, 750, 1)
    api = ScriptedApi([row(number) for number in poison])
    search, error = isolation(api, 750)
    assert error is None
    assert len(api.requests) == MOST_REQUESTS
    assert 0 < search.known < 750
    assert culprits(search) <= poison


def test_many_suspects_do_not_use_more_requests_than_the_limit() -> None:
    poison = chosen(300, 750, 1)
    api = ScriptedApi([row(number) for number in poison], failed)
    search, error = isolation(api, 750)
    assert error is None
    assert len(api.requests) <= MOST_REQUESTS + 2 * 64 + 2
    assert search.known > 0
    assert culprits(search) <= poison


def test_between_two_tries_of_a_suspect_time_passes_and_another_row_is_scored() -> None:
    api = ScriptedApi([row(2)], failed)
    search, error = isolation(api, 4)
    assert (error, culprits(search)) == (None, {2})
    assert api.requests[-4:] == [[row(0)], [row(2)], [row(0)], [row(2)]]
    assert api.waits == [1.0, 1.0]
    assert search.attempts == [2, 2, 5, 3]


def test_a_suspect_that_is_scored_later_is_no_culprit() -> None:
    api = ScriptedApi([row(1)], failed)
    search = Isolation([row(0), row(1)], api.score, lambda seconds: api.poison.clear(), CONTROL)
    assert search.run(BatchFailed("the api responded 500: oh")) is None
    assert predicted(search) == {0, 1}
    assert api.requests == [[row(0)], [row(1)], [row(0)], [row(1)]]


def test_a_failing_row_without_any_scored_row_is_no_culprit() -> None:
    api = ScriptedApi([row(0)], failed)
    search, error = isolation(api, 1, control=None)
    assert isinstance(error, BatchFailed)
    assert (search.results, search.known) == ({}, 0)


def test_a_single_failing_row_is_compared_with_the_control_row_of_before() -> None:
    api = ScriptedApi([row(0)], failed)
    search, error = isolation(api, 1)
    assert (error, culprits(search)) == (None, {0})
    assert api.requests == [[CONTROL], [row(0)], [CONTROL], [row(0)]]


@pytest.mark.parametrize("count", [1, 2, 16, 17, 750])
def test_if_the_control_row_fails_too_no_row_is_a_culprit(count: int) -> None:
    api = ScriptedApi([CONTROL, *(row(number) for number in range(count))], failed)
    search, error = isolation(api, count)
    assert isinstance(error, BatchFailed)
    assert search.known == 0


def test_the_control_row_gets_time_to_recover_after_a_worker_was_killed() -> None:
    api = ScriptedApi([row(0)], failed)
    fails = iter([True, True, False, False])

    def score(rows: Sequence[bytes]) -> list[dict[str, Any]]:
        if rows == [CONTROL] and next(fails):
            raise ConnectionClosed
        return api.score(rows)

    search = Isolation([row(0)], score, api.wait, CONTROL)
    assert search.run(ConnectionClosed()) is None
    assert culprits(search) == {0}
    assert api.waits == [1.0] * 4


def test_rows_with_errors_do_not_count_as_scored() -> None:
    # The model fails; rows with errors do not reach it.
    poison = [row(number) for number in range(8)]
    api = ScriptedApi(poison, failed, {row(number): [MISSING] for number in range(8, 16)})
    search, error = isolation(api, 16, control=None)
    assert isinstance(error, BatchFailed)
    assert (search.control, culprits(search)) == (None, set())


@pytest.mark.parametrize("obstacle", [TimedOut("late"), Unavailable("gone")])
def test_an_obstacle_ends_the_search_with_the_results_so_far(obstacle: ApiError) -> None:
    errors = iter([rejected(), obstacle])
    api = ScriptedApi([row(3)], lambda: next(errors))
    search = Isolation([row(number) for number in range(4)], api.score, api.wait, None)
    assert search.run(BatchRejected("the api responded 400: no")) is obstacle
    assert (predicted(search), search.known) == ({0, 1, 2}, 3)


def test_a_wait_may_end_the_search() -> None:
    class Stopped(Exception):
        pass

    def wait(seconds: float) -> None:
        raise Stopped

    api = ScriptedApi([row(0)], failed)
    with pytest.raises(Stopped):
        Isolation([row(0)], api.score, wait, CONTROL).run(BatchFailed("the api responded 500: oh"))

"""When a lane has written too many dead letters: by their share of the last outcomes, or in a row."""

from services.consumer.lanes.dead_letter_limit import DeadLetterLimit


def test_half_of_the_last_thousand_is_the_limit() -> None:
    limit = DeadLetterLimit(share=0.5, in_a_row=0)
    assert limit.admit([True, False] * 1_000) == 2_000, "just half"
    assert limit.admit([True]) == 1, "in the place of a dead letter that leaves the window"
    assert limit.admit([True]) == 0, "in the place of a prediction"


def test_what_comes_before_the_limit_is_admitted() -> None:
    limit = DeadLetterLimit(share=0.5, in_a_row=0)
    assert limit.admit([True] * 750) == 500
    assert limit.admit([False, True]) == 1


def test_so_many_in_a_row_are_the_limit_and_a_prediction_begins_the_count_again() -> None:
    limit = DeadLetterLimit(share=0, in_a_row=3)
    assert limit.admit([True, True, False, True, True, True, True]) == 6
    assert limit.admit([False]) == 1
    assert limit.admit([True] * 4) == 3


def test_cleared_it_begins_anew() -> None:
    limit = DeadLetterLimit(share=0.5, in_a_row=1)
    assert limit.admit([True, True]) == 1
    limit.clear()
    assert limit.admit([True, True]) == 1


def test_both_can_be_switched_off() -> None:
    assert DeadLetterLimit(share=0, in_a_row=0).admit([True] * 5_000) == 5_000


def test_it_says_what_it_counted() -> None:
    limit = DeadLetterLimit(share=0.5, in_a_row=0)
    limit.admit([False, False, True, True, True])
    assert str(limit) == "3 of its last 5 outcomes are dead letters, the last 3 in a row"

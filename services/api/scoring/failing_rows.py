"""Finds the rows of a batch for which a model raises an error, such as rows whose numbers overflow in a pipeline."""

from collections.abc import Callable

from petalstream.model.inputs import Inputs
from petalstream.reasons import Reason
from petalstream.row_validation import RowError

# What scikit-learn and numpy raise for values that they cannot compute with. Any other exception has another cause.
VALUE_ERRORS = (ValueError, ArithmeticError)
MAX_MESSAGE_CHARACTERS = 200


def find_failures(infer: Callable[[Inputs], object], inputs: Inputs, most: int) -> dict[int, Exception]:
    """Return what `infer` raises for single rows of a batch for which it raised one of VALUE_ERRORS, by position.

    Halves the batch until each failing row is alone, and stops after `most` of them. Raises what else `infer` raises.
    """
    failures, parts = dict[int, Exception](), [range(len(inputs))]
    while parts and len(failures) < most:
        part = parts.pop()
        try:
            infer(inputs.rows(part.start, part.stop))
        except VALUE_ERRORS as error:
            if len(part) == 1:
                failures[part.start] = error
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
    return failures


def describe(row: int, error: Exception) -> RowError:
    """Return the error of row number `row`, for which the model raises `error`, with the first line of its message."""
    message = str(error).partition("\n")[0][:MAX_MESSAGE_CHARACTERS]
    return RowError(row, None, f"the model cannot score it: {type(error).__name__}: {message}", Reason.REJECTED)

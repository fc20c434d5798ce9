"""The exceptions of the api, without HTTP: gateway/problems.py gives each its status."""

from collections.abc import Sequence

from petalstream.row_validation import RowError

# The number of errors in one InvalidRows.
MAX_ERRORS = 100


class UnreadableBody(ValueError):
    """A body that is not JSON or not rows, or a query parameter that is not supported; says what was expected."""


class WrongTensor(ValueError):
    """An inference request that is not valid; the message says what was found and what was expected."""


class UnreadableTimeout(ValueError):
    """A request timeout that is not a positive decimal number."""


class DeadlinePassed(TimeoutError):
    """The client no longer waits for its response."""

    def __init__(self) -> None:
        super().__init__("X-Request-Timeout passed before the rows were scored; no predictions were made")


class UnknownModel(LookupError):
    """A model that the api does not know, or a version of a model that is not on the volume."""


class NotServed(LookupError):
    """A model or version that the api knows and cannot serve now; the message says why."""


class NotReady(RuntimeError):
    """No model is served yet; `why` is what is wrong with the models volume, if anything."""

    def __init__(self, why: str = "") -> None:
        wait = "the api takes one in as soon as the trainer has published it"
        super().__init__(f"no model is served yet; {why or wait}")


class InvalidRows(ValueError):
    """Rows that do not fit the model's schema; `errors` has the first MAX_ERRORS errors, row by row."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        error_count, row_count = len(errors), len({error.row for error in errors})
        first = "the first " if error_count == MAX_ERRORS else ""
        super().__init__(
            f"the rows do not fit the model: {first}{_count_nouns(error_count, 'fault')},"
            f" in {_count_nouns(row_count, 'row')}, {'is' if error_count == 1 else 'are'} listed"
        )
        self.errors = errors


def _count_nouns(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

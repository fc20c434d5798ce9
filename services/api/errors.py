"""The exceptions of the api. They know nothing of HTTP: gateway/problems.py has the status of each."""

from collections.abc import Sequence

from petalstream.row_validation import RowError

# InvalidRows has at most so many errors.
MAX_ERRORS = 100


class UnreadableBody(ValueError):
    """A body that is not JSON or not rows, or a parameter of the query that cannot be met; says what was expected."""


class WrongTensor(ValueError):
    """An inference request that is not valid; the message says what was found and what was expected."""


class UnreadableTimeout(ValueError):
    """A timeout of a request that is no positive decimal number."""


class DeadlinePassed(TimeoutError):
    """The client no longer waits."""

    def __init__(self) -> None:
        super().__init__("X-Request-Timeout passed before the rows were scored; no predictions were made")


class UnknownModel(LookupError):
    """A model that the api does not know, or a version of a model that is not on the volume."""


class NotServed(LookupError):
    """A model or version that the api knows and cannot serve now; the message says why."""


class NotReady(RuntimeError):
    """No model is served yet."""

    def __init__(self) -> None:
        super().__init__("no model is served yet; the api takes one in as soon as the trainer has published it")


class InvalidRows(ValueError):
    """Rows that do not fit the model's schema; `errors` has the first MOST_ERRORS errors, row by row."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        faults, rows = len(errors), len({error.row for error in errors})
        some = "the first " if len(errors) == MAX_ERRORS else ""
        super().__init__(
            f"the rows do not fit the model: {some}{_counted(faults, 'fault')}, in {_counted(rows, 'row')},"
            f" {'is' if faults == 1 else 'are'} listed"
        )
        self.errors = errors


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

"""Matches the columns of a CSV with the inputs of a model."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.trainer.drafting.columns import MOST_CHOICES, Guess, given, guess_column, is_number, quoted
from services.trainer.drafting.columns import as_tuple as tuple_of
from services.trainer.drafting.table import Table
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.labels import listed
from services.trainer.fitted.signature import Signature

NOT_AN_INPUT = "no input of the model"


def match_columns(table: Table, target: str, signature: Signature, name: str) -> list[Guess]:
    """Return the columns of the CSV, those that the model of the file `name` takes first and in its order.

    Raises FittedError if the model takes others.
    """
    columns = [column for column in table.columns if column != target]
    inputs = _inputs(columns, signature, name)
    features = [_feature(each, table.columns[each], signature, name) for each in inputs]
    others = [
        Guess("Ignored", each, f"Ignored({quoted(each)})", NOT_AN_INPUT) for each in columns if each not in inputs
    ]
    return [*features, *others]


def _inputs(columns: Sequence[str], signature: Signature, name: str) -> Sequence[str]:
    if signature.names is not None:
        if missing := [each for each in signature.names if each not in columns]:
            raise FittedError(
                f"{name} takes {listed(missing)}, and the CSV has only {listed(columns)} beside the target"
            )
        return signature.names
    if signature.count not in (None, len(columns)):
        raise FittedError(
            f"{name} takes {signature.count} columns without names, and the CSV has {len(columns)} beside the target:"
            f" {listed(columns)}"
        )
    return columns


def _feature(column: str, cells: Sequence[str], signature: Signature, name: str) -> Guess:
    """Return what a column is to the model: a number where all cells are, else a text or one of several choices."""
    values = given(cells)
    is_missing = len(values) < len(cells)
    if is_missing and column in signature.whole:
        raise FittedError(f"{name} takes whole numbers for {column}, and the CSV has cells without a value")
    if not values:
        raise FittedError(f"{name} takes {column}, and the CSV has no value in that column")
    is_text = column in signature.texts
    guess = guess_column(column, cells)
    if not is_text and (
        guess.kind in ("Number", "Integer", "Text") or (guess.kind == "YesNo" and not _is_word(values))
    ):
        return replace(guess, comment="" if guess.kind == "Text" else guess.comment)
    optional = ", optional=True" if is_missing else ""
    if not is_text and all(map(is_number, values)):
        return Guess("Number", column, f'Number({quoted(column)}, unit=""{optional})', "fill in the unit")
    return _category(column, values, optional)


def _is_word(values: Sequence[str]) -> bool:
    """Return whether the values are yes and no, which a model got as texts; true and false it got as they are."""
    return bool({each.lower() for each in values} & {"yes", "no"})


def _category(column: str, values: Sequence[str], optional: str) -> Guess:
    choices = sorted(set(values))
    if len(choices) > MOST_CHOICES:
        said = f"the {len(choices)} values of the CSV"
        return Guess("Category", column, f"Category({quoted(column)}{optional})", said)
    return Guess("Category", column, f"Category({quoted(column)}, choices={tuple_of(choices)}{optional})")


def check_target(table: Table, target: str, signature: Signature, name: str) -> bool:
    """Return whether the target is a label. Raises FittedError if the model predicts something else."""
    values = given(table.columns[target])
    if signature.labels is not None and not signature.labels:
        if wrong := next((each for each in values if not is_number(each)), None):
            raise FittedError(f"{name} predicts numbers, and {target} of the CSV has {wrong!r}")
        return False
    found = sorted(set(_spelt_as_labels(values, signature.labels or ())))
    if signature.labels is not None and set(found) != set(signature.labels):
        raise FittedError(
            f"{name} predicts the labels {listed(signature.labels)}, and {target} of the CSV has {listed(found)}"
        )
    return True


def _spelt_as_labels(values: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    """Yield each value as a definition reads it: 1.0 is 1, and TRUE is True."""
    for value in values:
        spellings = (value, value.removesuffix(".0"), value.capitalize())
        yield next((each for each in spellings if each in labels), value)

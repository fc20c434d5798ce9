"""The entries of a model's form: the texts as typed, the row that they mean, and its errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from petalstream.error_text import in_full
from petalstream.features import Feature
from petalstream.reasons import Reason
from petalstream.row_validation import RowError, validate_row
from petalstream.tables.decimal_comma import ADVICE, may_be_thousands, with_dot
from services.api.errors import MAX_ERRORS


@dataclass(frozen=True)
class Entries:
    """The texts of a form by field, as typed, the row that they mean, and the errors of that row."""

    typed: Mapping[str, str]
    row: Mapping[str, object]
    errors: Sequence[RowError]


def read_entries(features: Sequence[Feature], pairs: Iterable[tuple[str, str]]) -> Entries:
    """Return the entries for the name and text of each field sent.

    An empty text counts as missing. A repeated field is an error. Errors are in the order of the features.
    """
    texts_by_name: dict[str, list[str]] = {}
    for name, text in pairs:
        texts_by_name.setdefault(name, []).append(text)
    known = {feature.name: feature for feature in features}
    typed = {name: texts[0] for name, texts in texts_by_name.items()}
    row = {
        name: _parse(known[name], text) if name in known else text
        for name, text in typed.items()
        if text.strip() or name not in known
    }
    repeated = {name: len(texts) for name, texts in texts_by_name.items() if len(texts) > 1 and name in known}
    errors = [
        RowError(0, name, f"is given {times} times; once is enough", Reason.WRONG_TYPE)
        for name, times in repeated.items()
    ]
    found = islice((error for error in validate_row(features, row) if error.field not in repeated), MAX_ERRORS)
    errors += [_explain_comma(known.get(error.field or ""), error, typed) for error in found]
    order = list(known)
    errors.sort(key=lambda error: order.index(error.field) if error.field in order else len(order))
    return Entries(typed, row, errors[:MAX_ERRORS])


def _parse(feature: Feature, text: str) -> object:
    """Return the value of a text in which a comma may be the decimal separator, as many keyboards have no dot."""
    return feature.parse(with_dot(text) if feature.is_number and not may_be_thousands(text) else text)


def _explain_comma(feature: Feature | None, error: RowError, typed: Mapping[str, str]) -> RowError:
    """Return the error of a number with a comma that may mean thousands with what to write instead."""
    has_comma = "," in typed.get(error.field or "", "")
    if feature and feature.is_number and error.reason is Reason.WRONG_TYPE and has_comma:
        return replace(error, message=f"{error.message}: {ADVICE}")
    return error


def fill_entries(features: Sequence[Feature], row: Mapping[str, Any]) -> Entries:
    """Return the entries that a valid row, or an empty one, fills a form with."""
    typed = {feature.name: format_value(feature, row[feature.name]) for feature in features if feature.name in row}
    return Entries(typed, row, ())


def format_value(feature: Feature, value: Any) -> str:
    """Return a valid value as a person would type it."""
    return in_full(value) if feature.is_number and not feature.is_missing(value) else feature.to_text(value)

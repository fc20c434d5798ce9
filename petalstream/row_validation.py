"""Validation of one row against a model's features."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from petalstream.error_text import describe_json, shorten
from petalstream.features import Feature
from petalstream.reasons import Reason


@dataclass(frozen=True)
class RowError:
    """One error of one row: `row` counts from 0, `field` is the feature, None if the error is not in one feature."""

    row: int | None
    field: str | None
    message: str
    reason: Reason | None = None


def validate_row(features: Sequence[Feature], row: object, index: int = 0) -> Iterator[RowError]:
    """Yield every error of `row`, which should map the features' names, and no others, to values that they accept.

    Errors come one by one, so that a caller can stop early on a hostile row with very many.
    """
    if not isinstance(row, Mapping):
        message = f"must be an object of named features, not {describe_json(row)}"
        yield RowError(index, None, message, Reason.NOT_AN_OBJECT)
        return
    for feature in features:
        value = row.get(feature.name)
        if not feature.is_required and feature.is_missing(value):
            continue
        if feature.name not in row:
            yield RowError(index, feature.name, "is missing", Reason.MISSING_FEATURE)
        elif fault := feature.find_fault(value):
            yield RowError(index, feature.name, fault.message, fault.reason)
    names = [feature.name for feature in features]
    for name in row:
        if name not in names:
            message = f"is not a feature; the features are {', '.join(names)}"
            yield RowError(index, shorten(str(name)), message, Reason.UNKNOWN_FEATURE)

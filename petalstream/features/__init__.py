"""The kinds of features, a module each."""

from collections.abc import Mapping
from typing import Any

from petalstream.features.category import OTHER, Category
from petalstream.features.date import Date
from petalstream.features.feature import FLOAT32_MAX, Feature, Kind, pick_fields
from petalstream.features.number import Integer, Number
from petalstream.features.text import Text
from petalstream.features.yes_no import YesNo

__all__ = [
    "FLOAT32_MAX",
    "OTHER",
    "Category",
    "Date",
    "Feature",
    "Integer",
    "Kind",
    "Number",
    "Text",
    "YesNo",
    "feature_from_dict",
]
KINDS: Mapping[Kind, type[Feature]] = {each.kind: each for each in (Number, Integer, YesNo, Category, Text, Date)}


def feature_from_dict(fields: Mapping[str, Any]) -> Feature:
    """Return the feature that a manifest describes. Raises ValueError, KeyError or TypeError."""
    of = KINDS[Kind(fields["kind"])]
    return of(**pick_fields(fields, of))

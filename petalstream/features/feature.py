"""The features of a model: what each of a row's values is, and how it becomes a number."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

from petalstream.reasons import Fault

# scikit-learn's trees compute in 32-bit floats and raise on a larger number; a scaled linear model would overflow.
FLOAT32_MAX = 3.4e38


class Kind(StrEnum):
    """The kinds of features by name."""

    NUMBER = "number"
    INTEGER = "integer"
    YES_NO = "yes/no"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True)
class Feature(ABC):
    """One value of a row. Its subclasses are the kinds.

    - `label`, `unit` and `help` are shown to people; the label is made from the name unless given.
    - An `optional` value may be missing or null: the estimator gets NaN.
    - A feature that is not `used` may be missing or null too. It is validated and reported, and is no input.
    """

    kind: ClassVar[Kind]
    # Whether the values are numbers, whole or not.
    is_number: ClassVar[bool] = False
    # Whether a number must be whole, as 3 and 3.0 are.
    is_whole: ClassVar[bool] = False
    # The Python types of the JSON values. A bool is no number here, though Python makes it an int.
    _types: ClassVar[frozenset[type]]

    name: str
    label: str = ""
    unit: str = ""
    help: str = ""
    used: bool = field(default=True, kw_only=True)
    optional: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Fill in the label. Raises ValueError without a name."""
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"a feature needs a name, and has {self.name!r}")
        for name in ("label", "unit", "help"):
            if not isinstance(text := getattr(self, name), str):
                raise ValueError(f"the {name} of {self.name} must be a text, not {text!r}")
        for name in ("used", "optional"):
            if not isinstance(flag := getattr(self, name), bool):
                raise ValueError(f"{name} of {self.name} must be True or False, not {flag!r}")
        if not self.label:
            object.__setattr__(self, "label", _as_label(self.name))

    @property
    def is_required(self) -> bool:
        """Return whether each row must have a value."""
        return self.used and not self.optional

    @property
    def types(self) -> frozenset[type]:
        """Return the Python types of the JSON values that the feature accepts."""
        return self._types if self.is_required else self._types | {type(None)}

    @property
    def options(self) -> tuple[str, ...]:
        """Return the texts to choose from, in the order of their codes; nothing for other kinds of values."""
        return ()

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest encoded value, both within ±FLOAT32_MAX."""
        return -FLOAT32_MAX, FLOAT32_MAX

    def is_missing(self, value: object) -> bool:
        """Return whether `value` stands for no value: null, or NaN for an optional feature."""
        return value is None or (self.optional and type(value) is float and math.isnan(value))

    @abstractmethod
    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value that is not missing is invalid, or None if it is valid."""

    @abstractmethod
    def parse(self, text: str) -> object:
        """Return the value of a CSV cell or a form field, or the text itself if it has no such value."""

    def encode(self, value: Any) -> float:
        """Return a valid value as the model's input, here a number or a bool as a float; NaN for a missing one."""
        return math.nan if value is None else float(value)

    def encode_column(self, values: Sequence[Any]) -> Sequence[float | None]:
        """Return many values encoded, None or NaN for a missing one. Raises ValueError if one may be invalid."""
        require_types(self, values)
        return values

    def to_text(self, value: object) -> str:
        """Return a valid value as text that `parse` and people can read; a missing one is empty."""
        return "" if self.is_missing(value) else str(value)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a manifest has them, the same for every kind."""
        return {"kind": str(self.kind), "minimum": None, "maximum": None, "choices": (), "other": False, **asdict(self)}


def require_types(feature: Feature, values: Sequence[Any]) -> None:
    """Raise ValueError unless all values are of the feature's types."""
    if not set(map(type, values)) <= feature.types:
        raise ValueError(f"{feature.name} has values of other types")


def pick_fields(described: Mapping[str, Any], of: type[Feature]) -> dict[str, Any]:
    """Return those of a manifest's fields that a kind of feature has."""
    names = {each.name for each in fields(of)}
    return {name: value for name, value in described.items() if name in names}


def _as_label(name: str) -> str:
    """Return a name as people read it, such as Petal length for petal_length; capitals within it stay."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] or name

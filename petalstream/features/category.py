"""One of several choices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from petalstream.error_text import describe_json
from petalstream.features.feature import Feature, Kind, require_types
from petalstream.reasons import Fault, Reason

# The option that stands for every choice that is not listed.
OTHER = "(other)"


@dataclass(frozen=True)
class Category(Feature):
    """One of `choices`, which are texts or numbers; the trainer takes those of the CSV if none are given.

    With `other`, a value that is none of them is accepted: all such values are one more choice.
    """

    kind: ClassVar[Kind] = Kind.CATEGORY
    is_whole: ClassVar[bool] = True
    _types: ClassVar[frozenset[type]] = frozenset({str, int, float})

    choices: tuple[Any, ...] = field(default=(), kw_only=True)
    other: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Write the choices as texts. Raises ValueError for one that is empty or there twice."""
        super().__post_init__()
        if not isinstance(self.other, bool):
            raise ValueError(f"other of {self.name} must be True or False, not {self.other!r}")
        if isinstance(self.choices, str) or not isinstance(self.choices, Sequence):
            raise ValueError(f"the choices of {self.name} must be a list, not {self.choices!r}")
        texts = tuple(map(_choice_text, self.choices))
        if len(texts) != len({text.strip() for text in texts} - {"", OTHER}):
            raise ValueError(f"the choices of {self.name} must differ from each other, from nothing and from {OTHER}")
        object.__setattr__(self, "choices", texts)

    @property
    def options(self) -> tuple[str, ...]:
        """Return the choices, and one for all others if they are accepted."""
        return (*self.choices, OTHER) if self.other else self.choices

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the codes of the first and the last option."""
        return 0, len(self.options) - 1

    @cached_property
    def codes(self) -> Mapping[Any, float]:
        """Return the position of each choice, by its text and, where that is a number, by the number too."""
        found: dict[Any, float] = {}
        for position, choice in enumerate(self.choices):
            found[choice] = found[choice.strip()] = float(position)
            number = _number_of(choice)
            if number is not None:
                found.setdefault(number, float(position))
        return found

    def find_fault(self, value: Any) -> Fault | None:
        """Return why a value is none of the choices."""
        if type(value) is float and not math.isfinite(value):
            return Fault(Reason.NOT_FINITE, "must be a choice, not NaN or infinite")
        is_choice = type(value) in self._types
        if self.other and (not is_choice or (isinstance(value, str) and not value.strip())):
            return Fault(Reason.WRONG_TYPE, f"must be a number or a text that is not blank, not {describe_json(value)}")
        if self.other or (is_choice and value in self.codes):
            return None
        reason = Reason.OUT_OF_RANGE if is_choice else Reason.WRONG_TYPE
        return Fault(reason, f"must be one of {', '.join(self.choices)}, not {describe_json(value)}")

    def parse(self, text: str) -> object:
        """Return the choice that the text is, whatever blanks are around it."""
        text = text.strip()
        if found := next((choice for choice in self.choices if choice.strip() == text), None):
            return found
        number = _number_of(text.removesuffix(".0"))
        return text if number is None or number not in self.codes else self.choices[int(self.codes[number])]

    def encode(self, value: Any) -> float:
        """Return the position of a choice among the options."""
        return math.nan if self.is_missing(value) else self.codes.get(_stripped(value), float(len(self.choices)))

    def encode_column(self, values: Sequence[Any]) -> Sequence[float | None]:
        """Return the positions of many choices."""
        require_types(self, values)
        if self.other:
            unlisted = float(len(self.choices))
            if any(value is not None and self.find_fault(value) for value in values):
                raise ValueError(f"{self.name} has a value that is no choice")
            return [math.nan if value is None else self.codes.get(_stripped(value), unlisted) for value in values]
        codes = self.codes if self.is_required else {**self.codes, None: math.nan}
        try:
            return [codes[value] for value in values]
        except KeyError:
            raise ValueError(f"{self.name} has a value that is none of its choices") from None


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _choice_text(choice: object) -> str:
    """Return a choice as text: 1 and 1.0 are 1. Raises ValueError for anything but a text or a number."""
    if isinstance(choice, bool) or not isinstance(choice, str | int | float):
        raise ValueError(f"a choice must be a text or a number, not {choice!r}")
    return str(int(choice)) if isinstance(choice, float) and choice.is_integer() else str(choice)


def _number_of(text: str) -> float | None:
    """Return the number that a choice is written as, None for any other text."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and _choice_text(number) == text else None

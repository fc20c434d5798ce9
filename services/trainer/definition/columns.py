"""The CSV of a model, and its columns that are no features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.trainer.definition.errors import DefinitionError

DECIMALS = (None, ".", ",")


@dataclass(frozen=True)
class Csv:
    """A CSV in the data folder, which may be compressed with gzip.

    Without `delimiter` and `decimal` they are found out; `encoding` is UTF-8 unless given. A cell that is one of
    `missing` has no value.
    """

    path: str
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str = "utf-8"
    missing: Sequence[str] = ("",)

    def __post_init__(self) -> None:
        """Raise DefinitionError for a value that no CSV can have."""
        if not isinstance(self.path, str) or not self.path:
            raise DefinitionError(f"the path of a Csv must be the name of a file, not {self.path!r}")
        if self.delimiter is not None and (not isinstance(self.delimiter, str) or len(self.delimiter) != 1):
            raise DefinitionError(f"the delimiter of {self.path} must be one character, not {self.delimiter!r}")
        if self.delimiter in ('"', "\r", "\n"):
            raise DefinitionError(f"the delimiter of {self.path} must not be {self.delimiter!r}")
        if self.decimal not in DECIMALS or self.decimal == self.delimiter is not None:
            raise DefinitionError(f'decimal of {self.path} must be "." or ",", and not the delimiter: {self.decimal!r}')
        if not is_list_of_texts(self.missing):
            raise DefinitionError(f'missing of {self.path} must be a list of texts, such as ("", "NA")')
        try:
            b"a".decode(self.encoding, "replace")  # for no bytes Python looks up no encoding
        except (LookupError, TypeError, ValueError):
            raise DefinitionError(f"there is no encoding {self.encoding!r}, which {self.path} is to have") from None


@dataclass(frozen=True)
class Classes:
    """The column with the class of each row.

    `labels` are its values, or a mapping from each to the word that is predicted for it; the trainer takes those of the
    CSV if none are given. `positive` is the label that scorings such as f1 and average_precision look for. Rows without
    a class are left out if the target is `optional`, and a fault if not.
    """

    column: str
    labels: Sequence[Any] | Mapping[Any, str] = ()
    positive: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        """Raise DefinitionError without the name of a column."""
        if not isinstance(self.column, str) or not self.column.strip():
            raise DefinitionError(f"Classes needs the name of a column, and has {self.column!r}")

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Return the label that is predicted for each value of the column, as texts, in the order of `labels`."""
        pairs = self.labels.items() if isinstance(self.labels, Mapping) else ((label, label) for label in self.labels)
        return {label_text(value): label_text(word) for value, word in pairs}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Return the labels in the order of their codes: sorted, and `positive` after the other of two."""
        return tuple(sorted(self.words.values(), key=lambda word: (word == self.positive_word, word)))

    @cached_property
    def displayed(self) -> tuple[str, ...]:
        """Return the labels in the order of figures: as in `labels`, and `positive` after the other of two.

        The last of two labels is the one whose curves and areas are reported.
        """
        return tuple(sorted(self.words.values(), key=lambda word: word == self.positive_word))

    @property
    def positive_word(self) -> str | None:
        """Return `positive` as a text."""
        return None if self.positive is None else label_text(self.positive)

    def word_of(self, cell: str) -> str | None:
        """Return the label of a cell: 1.0 is 1, and TRUE is True."""
        text = cell.strip()
        spellings = (text, text.removesuffix(".0"), text.capitalize() if text.lower() in ("true", "false") else text)
        return next((self.words[each] for each in spellings if each in self.words), None)


@dataclass(frozen=True)
class Ignored:
    """A column of the CSV that the model does without."""

    name: str

    def __post_init__(self) -> None:
        """Raise DefinitionError without a name."""
        if not isinstance(self.name, str) or not self.name.strip():
            raise DefinitionError(f"Ignored needs the name of a column, and has {self.name!r}")


def is_list_of_texts(value: object) -> bool:
    """Return whether a value is a list, and not one text."""
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(each, str) for each in value)


def label_text(value: object) -> str:
    """Return a label as a text: 1 and 1.0 are 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()

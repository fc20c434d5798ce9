"""What each field of a model's form shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import Manifest
from petalstream.row_validation import RowError
from petalstream.schema import Feature, Kind
from services.api.pages.form_entries import Entries
from services.api.pages.text_filters import article, capital, plain


@dataclass(frozen=True)
class Field:
    """A field of the form: what is typed in it, and in `choices` the value and the words of each, where it has any."""

    id: str
    feature: Feature
    value: str
    hint: str
    error: str
    choices: Sequence[tuple[str, str]]

    @property
    def described_by(self) -> str:
        """The ids of the texts that a screen reader adds to the field's name."""
        return " ".join(f"{self.id}-{part}" for part, text in (("error", self.error), ("hint", self.hint)) if text)


@dataclass(frozen=True)
class Example:
    """A row that fills the form: where it stands among the golden rows, and what it is in words."""

    index: int
    words: str


def build_fields(manifest: Manifest, entries: Entries) -> list[Field]:
    """The form's fields, in the order of the features."""
    errors = {error.field: _sentence(manifest.features, error) for error in reversed(entries.errors)}
    return [
        Field(
            f"field-{position}",
            feature,
            _value(feature, entries.typed.get(feature.name, "")),
            _hint(feature, manifest.training.get(feature.name)),
            errors.get(feature.name, ""),
            _choices(feature),
        )
        for position, feature in enumerate(manifest.features)
    ]


def list_examples(manifest: Manifest) -> list[Example]:
    """The first golden row of each label."""
    first: dict[str, int] = {}
    for index, golden in enumerate(manifest.golden):
        first.setdefault(golden["label"], index)
    return [Example(index, f"{article(manifest.sample)} predicted “{label}”") for label, index in first.items()]


def list_errors(manifest: Manifest, entries: Entries) -> list[tuple[str, str]]:
    """Every error as a sentence, with the id of the field where it is to be mended; "" where there is none."""
    positions = {feature.name: f"field-{position}" for position, feature in enumerate(manifest.features)}
    return [(positions.get(error.field or "", ""), _sentence(manifest.features, error)) for error in entries.errors]


def _sentence(features: Sequence[Feature], error: RowError) -> str:
    """An error as a sentence that begins with the label of its field."""
    labels = {feature.name: feature.label for feature in features}
    return f"{labels.get(error.field or '', error.field)} {error.message}"


def _value(feature: Feature, text: str) -> str:
    """What is typed; of yes and no, however they were written, the choice that they mean."""
    parsed = feature.parse(text)
    return feature.to_text(parsed) if isinstance(parsed, bool) else text


def _choices(feature: Feature) -> list[tuple[str, str]]:
    if feature.kind is Kind.YES_NO:
        # Without a script nobody can take a radio button back, so what may be missing has one for that.
        return [("yes", "Yes"), ("no", "No")] + ([] if feature.used else [("", "Not given")])
    if feature.kind is Kind.CATEGORY:
        return [("", "Choose one" if feature.used else "Not given"), *((choice, choice) for choice in feature.choices)]
    return []


def _hint(feature: Feature, seen: Mapping[str, Any] | None) -> str:
    """Help and range in sentences."""
    bounds = capital(_bounds(feature))
    if seen and "quantiles" in seen:
        least, most = seen["quantiles"]["0"], seen["quantiles"]["1"]
        in_training = f"{plain(least)} to {plain(most)} {feature.unit}".rstrip() + " in the training data"
        bounds = f"{bounds}; {in_training}" if bounds else capital(in_training)
    return " ".join(f"{text}." for text in (feature.help, bounds) if text)


def _bounds(feature: Feature) -> str:
    least, most = feature.minimum, feature.maximum
    if least is not None and most is not None:
        span = f"{plain(least)} to {plain(most)} {feature.unit}".rstrip()
    elif least is not None or most is not None:
        which, bound = ("at least", least) if least is not None else ("at most", most)
        span = f"{which} {plain(bound or 0)} {feature.unit}".rstrip()
    else:
        span = ""
    return ", ".join(text for text in ("a whole number" if feature.kind is Kind.INTEGER else "", span) if text)

"""The fields of a model's form, its examples and its list of errors, as the template shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from petalstream.error_text import in_full, shorten
from petalstream.features import OTHER, Category, Date, Feature, Kind, Number, YesNo
from petalstream.model.manifest import Manifest
from petalstream.readable import readable
from petalstream.row_validation import RowError
from petalstream.web.text_filters import article, capital
from services.api.pages.form_entries import Entries


@dataclass(frozen=True)
class Field:
    """A field of the form: `value` is its text, and `choices` has the value and the words of each choice, if any."""

    id: str
    feature: Feature
    value: str
    hint: str
    error: str
    choices: Sequence[tuple[str, str]]

    @property
    def keyboard(self) -> str:
        """Return the input mode of a number. Those for numbers have no minus sign on some phones."""
        if self.feature.bounds[0] < 0:
            return "text"
        return "numeric" if self.feature.kind is Kind.INTEGER else "decimal"

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that a screen reader reads after the field's name."""
        return " ".join(f"{self.id}-{part}" for part, text in (("error", self.error), ("hint", self.hint)) if text)


@dataclass(frozen=True)
class Example:
    """A golden row that can fill the form: its position among the golden rows, and a description in words."""

    index: int
    words: str


def build_fields(manifest: Manifest, entries: Entries) -> list[Field]:
    """Return the form's fields in the order of the features, each with its first error."""
    errors = {error.field: _write_sentence(manifest.features, error) for error in reversed(entries.errors)}
    typed = {feature: _normalize(feature, entries.typed.get(feature.name, "")) for feature in manifest.features}
    return [
        Field(
            f"field-{position}",
            feature,
            text,
            _write_hint(feature, manifest),
            errors.get(feature.name, ""),
            _list_choices(feature, text),
        )
        for position, (feature, text) in enumerate(typed.items())
    ]


def list_examples(manifest: Manifest) -> list[Example]:
    """Return the first golden row of each label, or those of the least and the greatest number."""
    if manifest.predicts_numbers:
        by_size = sorted(range(len(manifest.examples)), key=lambda index: manifest.examples[index]["prediction"])
        ends = dict.fromkeys([*by_size[:1], *by_size[-1:]])
        said = {index: readable(manifest.examples[index]["prediction"], manifest.unit) for index in ends}
    else:
        first: dict[str, int] = {}
        for index, golden in enumerate(manifest.examples):
            first.setdefault(golden["label"], index)
        said = {index: f"“{label}”" for label, index in first.items()}
    return [Example(index, f"{article(manifest.sample)} predicted {words}") for index, words in said.items()]


def list_errors(manifest: Manifest, entries: Entries) -> list[tuple[str, str]]:
    """Return for each error the id of its field, "" if it has none, and a sentence."""
    ids = {feature.name: f"field-{position}" for position, feature in enumerate(manifest.features)}
    return [(ids.get(error.field or "", ""), _write_sentence(manifest.features, error)) for error in entries.errors]


def _write_sentence(features: Sequence[Feature], error: RowError) -> str:
    """Return an error as a sentence that begins with the label of its field, if it has one."""
    if error.field is None:
        return capital(error.message)
    labels = {feature.name: feature.label for feature in features}
    return f"{labels.get(error.field, error.field)} {error.message}"


def _normalize(feature: Feature, text: str) -> str:
    """Return the text as typed, but "yes" or "no" for all spellings of these, and a choice for all of its own."""
    value = feature.parse(text)
    return feature.to_text(value) if isinstance(value, bool) or value in feature.options else text


def _list_choices(feature: Feature, text: str) -> list[tuple[str, str]]:
    """Return the choices of a field; a text that is not listed, where such are accepted, is the choice for others."""
    if isinstance(feature, YesNo):
        # A radio button cannot be cleared without a script, so an optional field has a button for no value.
        return [("yes", "Yes"), ("no", "No")] + ([] if feature.is_required else [("", "Not given")])
    if isinstance(feature, Category):
        none = "Choose one" if feature.is_required else "Not given"
        choices = [("", none), *((choice, choice) for choice in feature.choices)]
        if feature.other:
            is_listed = not text.strip() or text in feature.options
            choices.append((OTHER, "Another") if is_listed else (text, f"Another: {shorten(text)}"))
        return choices
    return []


def _write_hint(feature: Feature, manifest: Manifest) -> str:
    """Return the help text, the bounds and the training range as sentences."""
    training = manifest.training.get(feature.name)
    bounds = capital(_write_bounds(feature))
    if training and "quantiles" in training:
        least, most = training["quantiles"]["0"], training["quantiles"]["1"]
        write = feature.decode if isinstance(feature, Date) else in_full
        lowest, highest = write(least), write(most)
        in_training = f"{lowest} to {highest} {feature.unit}".rstrip() + f" in the {manifest.data_name}"
        bounds = f"{bounds}; {in_training}" if bounds else capital(in_training)
    return " ".join(f"{text}." for text in (feature.help, bounds) if text)


def _write_bounds(feature: Feature) -> str:
    least, most = (feature.minimum, feature.maximum) if isinstance(feature, Number) else (None, None)
    if least is not None and most is not None:
        bounds = f"{in_full(least)} to {in_full(most)} {feature.unit}".rstrip()
    elif least is not None or most is not None:
        which, bound = ("at least", least) if least is not None else ("at most", most)
        bounds = f"{which} {in_full(bound or 0)} {feature.unit}".rstrip()
    else:
        bounds = ""
    return ", ".join(text for text in ("a whole number" if feature.kind is Kind.INTEGER else "", bounds) if text)

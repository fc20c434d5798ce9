"""The manifest of a bundle: what it says of itself, read with the standard library alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

from petalstream.features import Feature, feature_from_dict

MANIFEST = "manifest.json"
EXAMPLES = 5


class BundleError(Exception):
    """A bundle that is not there, or not as it was published."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    `title`, `predicts` (a sentence), `sample` (what one row is: a flower) and `notes` are words for people, and so is
    `card`, by the sections of a model card, empty where nothing is stated. `target` is
    the column the model predicts. `labels` are its values, in the order of the probabilities, and there are none if it
    is a number, in `unit`; `interval` then has the `coverage` of the intervals around a number (0 to 1) and their
    `half_width`, or nothing if there were too few rows to tell. `probability` says what the probabilities are, and is
    empty if the model gives none; `threshold` has the label of two that is predicted from a certain probability on,
    instead of the likelier one. `voters` are those who vote, if the model is a vote. `tolerance` is by how much a
    probability or number may differ where it is computed again. `data` says where
    the training data came from, and `findings` what in them deserves a second look; `conditions` what the model had to
    show before it was published, and showed; `training` how each input was distributed in the rows that the model was
    fitted on. `files` maps each other file of the
    bundle to its sha256; `golden` holds rows with the output that the model gave for them. `code` has the sha256 of
    each own file that the model is made of, and `requirements` its packages. `memory` has the most bytes that the
    trainer took, and that the api takes at least. `onnx` tells on how many rows model.onnx was compared with
    model.joblib, and by how much a probability or number differed at most; None where there is no model.onnx.
    `fitted` says what a model that was fitted elsewhere was imported from, and is empty for one that was trained here.
    A graph that was imported has no model.joblib beside it, and was compared on no row.
    """

    model: str
    version: str
    trained_at: str
    fingerprint: str
    title: str
    predicts: str
    sample: str
    notes: tuple[str, ...]
    card: Mapping[str, str]
    data: Mapping[str, Any]
    features: tuple[Feature, ...]
    target: str
    labels: tuple[str, ...]
    unit: str
    interval: Mapping[str, float]
    tolerance: float
    probability: str
    threshold: Mapping[str, float]
    voters: tuple[str, ...]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    conditions: tuple[Mapping[str, Any], ...]
    findings: tuple[str, ...]
    training: Mapping[str, Any]
    golden: tuple[Mapping[str, Any], ...]
    libraries: Mapping[str, str]
    code: Mapping[str, str]
    requirements: tuple[str, ...]
    memory: Mapping[str, int]
    onnx: Mapping[str, Any] | None
    files: Mapping[str, str]
    fitted: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The manifest that `to_json` wrote. Raises BundleError."""
        try:
            fields = json.loads(text)
            fields["features"] = tuple(map(feature_from_dict, fields["features"]))
            for name in ("notes", "labels", "voters", "conditions", "findings", "golden", "requirements"):
                fields[name] = tuple(fields[name])
            return cls(**fields)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BundleError(f"{MANIFEST} is not a manifest of this release: {error}") from error

    @cached_property
    def inputs(self) -> tuple[Feature, ...]:
        """The features that the model uses, in the order of its columns."""
        return tuple(feature for feature in self.features if feature.used)

    @property
    def examples(self) -> tuple[Mapping[str, Any], ...]:
        """The golden rows that are shown to people."""
        return self.golden[:EXAMPLES]

    @property
    def predicts_numbers(self) -> bool:
        """Whether the target is a number, and not one of several labels."""
        return not self.labels

    def bounds(self, number: Any) -> tuple[Any, Any]:
        """The interval around a predicted number, or around each of an array of them; `interval` must not be empty."""
        half = self.interval["half_width"]
        return number - half, number + half

    @property
    def data_name(self) -> str:
        """What the rows are called whose distributions `training` has."""
        return "evaluation data" if self.fitted else "training data"

    @property
    def made_in_words(self) -> str:
        """What was done when the version was made."""
        return "evaluated" if self.fitted else "trained"

    @property
    def scored_labels(self) -> tuple[str, ...]:
        """The labels that get a probability: all, or none."""
        return self.labels if self.probability else ()

    def to_json(self) -> str:
        """The manifest as it is written to disk."""
        fields = asdict(self) | {"features": [feature.to_dict() for feature in self.features]}
        return json.dumps(fields, indent=2, allow_nan=False) + "\n"

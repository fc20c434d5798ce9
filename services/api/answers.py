"""What a page shows of one prediction."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature
from services.api.distributions import Distribution, distributions
from services.api.wording import words


@dataclass(frozen=True)
class Answer:
    """The predicted label with its probability, the `shares` of all classes, likeliest first, and what stands beside.

    `votes` has each voter and its label; `curl` asks for the same again from a shell.
    """

    label: str
    probability: float
    shares: Sequence[tuple[str, float]]
    votes: Sequence[tuple[str, str]]
    unused: Sequence[str]
    warnings: Sequence[str]
    distributions: Sequence[Distribution]
    curl: str


def present(manifest: Manifest, row: Mapping[str, Any], answer: Mapping[str, Any], url: str) -> Answer:
    """The scorer's `answer` for `row`, which was posted to `url`, as a page shows it."""
    labels = {feature.name: feature.label for feature in manifest.features}
    return Answer(
        label=answer["label"],
        probability=answer["probabilities"][answer["label"]],
        shares=sorted(answer["probabilities"].items(), key=lambda item: -item[1]),
        votes=[(words(voter), label) for voter, label in answer.get("votes", {}).items()],
        unused=[labels[name] for name in answer.get("unused", [])],
        warnings=[_labelled(warning, manifest.features) for warning in answer["warnings"]],
        distributions=distributions(manifest, row),
        curl=curl(url, row),
    )


def curl(url: str, row: Mapping[str, Any]) -> str:
    """The command that posts `row` to `url`, quoted for a shell."""
    return shlex.join(["curl", url, "-H", "Content-Type: application/json", "-d", json.dumps(row)])


def _labelled(warning: str, features: Sequence[Feature]) -> str:
    """A warning with the label of the feature that it begins with."""
    for feature in features:
        if warning.startswith(f"{feature.name} "):
            return feature.label + warning.removeprefix(feature.name)
    return warning

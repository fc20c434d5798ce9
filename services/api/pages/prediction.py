"""What a page shows of one prediction."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature
from petalstream.votes import in_votes
from services.api.pages.distributions import Distribution, build_distributions
from services.api.pages.text_filters import percent, words


@dataclass(frozen=True)
class PredictionView:
    """The predicted label, the `shares` of all classes, likeliest first and each also in words, and what stands beside.

    `votes` has each voter and its label; `curl` asks for the same again from a shell.
    """

    label: str
    shares: Sequence[tuple[str, float, str]]
    votes: Sequence[tuple[str, str]]
    unused: Sequence[str]
    warnings: Sequence[str]
    distributions: Sequence[Distribution]
    curl: str


def build_view(manifest: Manifest, row: Mapping[str, Any], answer: Mapping[str, Any], url: str) -> PredictionView:
    """The scorer's `answer` for `row`, which was posted to `url`, as a page shows it."""
    labels = {feature.name: feature.label for feature in manifest.features}
    return PredictionView(
        label=answer["label"],
        shares=_shares(answer["probabilities"], list(answer.get("votes", {}).values())),
        votes=[(words(voter), label) for voter, label in answer.get("votes", {}).items()],
        unused=[labels[name] for name in answer.get("unused", [])],
        warnings=[_labelled(warning, manifest.features) for warning in answer["warnings"]],
        distributions=build_distributions(manifest, row),
        curl=curl_command(url, row),
    )


def _shares(probabilities: Mapping[str, float], votes: Sequence[str]) -> list[tuple[str, float, str]]:
    """The classes, likeliest first, each with its share in votes or as a percentage."""
    return [
        (label, share, in_votes(label, share, votes) or percent(share))
        for label, share in sorted(probabilities.items(), key=lambda item: -item[1])
    ]


def curl_command(url: str, row: Mapping[str, Any]) -> str:
    """The command that posts `row` to `url`, quoted for a shell."""
    return shlex.join(["curl", url, "-H", "Content-Type: application/json", "-d", json.dumps(row)])


def _labelled(warning: str, features: Sequence[Feature]) -> str:
    """A warning with the label of the feature that it begins with."""
    for feature in features:
        if warning.startswith(f"{feature.name} "):
            return feature.label + warning.removeprefix(feature.name)
    return warning

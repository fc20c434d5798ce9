"""What the page of a model shows of one prediction."""

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
    """The predicted label and what the page shows with it.

    `shares` has each class with its probability and the words for it, likeliest first, and `votes` each voter with its
    label. `unused` has labels of features, and `curl` is the shell command that asks for the same prediction.
    """

    label: str
    shares: Sequence[tuple[str, float, str]]
    votes: Sequence[tuple[str, str]]
    unused: Sequence[str]
    warnings: Sequence[str]
    distributions: Sequence[Distribution]
    curl: str


def build_view(
    manifest: Manifest, row: Mapping[str, Any], prediction: Mapping[str, Any], predict_url: str
) -> PredictionView:
    """Return the view of the scorer's `prediction` for a valid `row`; `predict_url` takes such rows."""
    labels = {feature.name: feature.label for feature in manifest.features}
    votes: Mapping[str, str] = prediction.get("votes", {})
    return PredictionView(
        label=prediction["label"],
        shares=_sort_shares(prediction["probabilities"], list(votes.values())),
        votes=[(words(voter), label) for voter, label in votes.items()],
        unused=[labels[name] for name in prediction.get("unused", [])],
        warnings=[_use_label(warning, manifest.features) for warning in prediction["warnings"]],
        distributions=build_distributions(manifest, row),
        curl=curl_command(predict_url, row),
    )


def curl_command(url: str, row: Mapping[str, Any]) -> str:
    """Return the command that posts `row` to `url`, quoted for a shell."""
    return shlex.join(["curl", url, "-H", "Content-Type: application/json", "-d", json.dumps(row)])


def _sort_shares(probabilities: Mapping[str, float], votes: Sequence[str]) -> list[tuple[str, float, str]]:
    """Return the classes, likeliest first, each with its share and the share in votes or as a percentage."""
    return [
        (label, share, in_votes(label, share, votes) or percent(share))
        for label, share in sorted(probabilities.items(), key=lambda item: -item[1])
    ]


def _use_label(warning: str, features: Sequence[Feature]) -> str:
    """Return a warning with the label of its feature in place of the name that it begins with."""
    for feature in features:
        if warning.startswith(f"{feature.name} "):
            return feature.label + warning.removeprefix(feature.name)
    return warning

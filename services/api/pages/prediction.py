"""What the page of a model shows of one prediction."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petalstream.features import Feature
from petalstream.model.manifest import Manifest
from petalstream.model.votes import in_votes
from petalstream.readable import readable, readable_interval
from petalstream.web.text_filters import capital, percent, words
from services.api.pages.distributions import Distribution, build_distributions


@dataclass(frozen=True)
class PredictionView:
    """What is predicted, and what the page shows with it.

    `headline` is the label or the number, and `said` a sentence on its probability or interval. `shares` has each class
    with its probability and the words for it, after the predicted one likeliest first, and `votes` each voter with its
    label; there are none for a number. `unused` has labels of features, and `curl` is the shell command that asks for
    the same prediction.
    """

    headline: str
    said: str
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
    is_number = manifest.predicts_numbers
    return PredictionView(
        headline=readable(prediction["prediction"], manifest.unit) if is_number else prediction["label"],
        said=_describe_interval(manifest, prediction) if is_number else _describe_probability(manifest),
        shares=[] if is_number else _sort_shares(prediction, list(votes.values())),
        votes=[(words(voter), label) for voter, label in votes.items()],
        unused=[labels[name] for name in prediction.get("unused", [])],
        warnings=[_use_label(warning, manifest.features) for warning in prediction["warnings"]],
        distributions=build_distributions(manifest, row),
        curl=curl_command(predict_url, row),
    )


def curl_command(url: str, row: Mapping[str, Any]) -> str:
    """Return the command that posts `row` to `url`, quoted for a shell."""
    return shlex.join(["curl", url, "-H", "Content-Type: application/json", "-d", json.dumps(row)])


def _sort_shares(prediction: Mapping[str, Any], votes: Sequence[str]) -> list[tuple[str, float, str]]:
    """Return the classes, each with its share and the share in votes or as a percentage."""
    predicted, probabilities = prediction["label"], prediction["probabilities"]
    return [
        (label, share, in_votes(label, share, votes) or percent(share))
        for label, share in sorted(probabilities.items(), key=lambda item: (item[0] != predicted, -item[1]))
    ]


def _describe_probability(manifest: Manifest) -> str:
    if not manifest.probability:
        return "This model gives no probabilities."
    thresholds = (f"; {label} is predicted from {percent(least)} on" for label, least in manifest.threshold.items())
    return f"{capital(manifest.probability)}{''.join(thresholds)}:"


def _describe_interval(manifest: Manifest, prediction: Mapping[str, Any]) -> str:
    if "interval" not in prediction:
        return "The model tells no interval: it was trained with too few rows."
    share = f"{manifest.interval['coverage']:.0%}"
    lower, upper = prediction["interval"]
    interval = readable_interval(lower, upper, manifest.unit)
    return f"{interval}: such intervals contain {share} of the true values."


def _use_label(warning: str, features: Sequence[Feature]) -> str:
    """Return a warning with the label of its feature in place of the name that it begins with."""
    for feature in features:
        if warning.startswith(f"{feature.name} "):
            return feature.label + warning.removeprefix(feature.name)
    return warning

"""Outcomes as people read them in the consumer's log, one line each."""

import sys
import time
from collections.abc import Sequence

from petalstream.messages import coordinates
from petalstream.schema import Fault
from petalstream.votes import in_votes
from services.consumer.api_client.responses import RowResult
from services.consumer.output.text import printable
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import Request

MOST_CHARACTERS = 2_000
_YES_NO = {True: "yes", False: "no"}


def write(outcomes: Sequence[Outcome]) -> None:
    """Write a line for each outcome to standard output."""
    # In one piece, since other lanes write theirs at the same time.
    sys.stdout.write(lines(outcomes) + "\n")
    sys.stdout.flush()


def lines(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each: the prediction of a record, or why it is a dead letter."""
    now = time.time()
    return "\n".join([printable(_line(outcome, now), MOST_CHARACTERS) for outcome in outcomes])


def _line(outcome: Outcome, now: float) -> str:
    if isinstance(outcome.verdict, Fault):
        return f"{coordinates(outcome.record)}  ->  dead letter, {outcome.verdict.reason}: {outcome.verdict.message}"
    return prediction(*outcome.verdict, now - outcome.record.timestamp / 1000)


def prediction(request: Request, result: RowResult, latency: float) -> str:
    """Return a record's coordinates, features, label with its share, whether it is right, version, latency.

    `latency` is in seconds, from the record's timestamp to its prediction.
    """
    named = request.features.items()
    # Without !s a float takes half as long again.
    words = [f"{name}={(_YES_NO[value] if type(value) is bool else value)!s}" for name, value in named]
    label = result["label"]
    return (
        f"{coordinates(request.record)}  {' '.join(words)}"
        f"  ->  {label} {_share(result)}  {_match(request.expected, label)}"
        f"  ({result['model']} version {result['version']}, {latency * 1000:.0f} ms)"
    )


def _share(result: RowResult) -> str:
    """The label's probability; of a vote the votes, since a share of a few votes would be mistaken for certainty."""
    label, share = result["label"], result["probabilities"][result["label"]]
    if not result.get("votes"):
        return f"{share:.1%}"
    return in_votes(label, share, list(result["votes"].values())) or f"{share:.1%} of the votes by weight"


def _match(expected: str | None, label: str) -> str:
    if expected is None:
        return "? no known label"
    return "✓ as expected" if expected == label else f"✗ expected {expected}"

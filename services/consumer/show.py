"""An outcome as the one line that people read in the consumer's log."""

import time

from petalstream.messages import place
from petalstream.schema import Fault
from petalstream.votes import in_votes
from services.consumer.answers import Answer
from services.consumer.records import Request
from services.consumer.scoring import Outcome
from services.consumer.text import printable

MOST_CHARACTERS = 2_000
_YES_NO = {True: "yes", False: "no"}


def line(outcome: Outcome) -> str:
    """The prediction of a record, or why it is a dead letter."""
    if isinstance(outcome.verdict, Fault):
        said = f"{place(outcome.record)}  ->  dead letter, {outcome.verdict.reason}: {outcome.verdict.message}"
    else:
        said = prediction(*outcome.verdict, time.time() - outcome.record.timestamp / 1000)
    return printable(said, MOST_CHARACTERS)


def prediction(request: Request, answer: Answer, latency: float) -> str:
    """Where the record was, its features, the label with its share, whether it is right, version, latency.

    `latency` is in seconds, from the record's timestamp to its prediction.
    """
    named = request.features.items()
    # Without !s a float takes half as long again.
    words = [f"{name}={(_YES_NO[value] if type(value) is bool else value)!s}" for name, value in named]
    label = answer["label"]
    return (
        f"{place(request.record)}  {' '.join(words)}  ->  {label} {_share(answer)}  {_match(request.expected, label)}"
        f"  ({answer['model']} version {answer['version']}, {latency * 1000:.0f} ms)"
    )


def _share(answer: Answer) -> str:
    """The label's probability; of a vote the votes, since a share of a few votes would be mistaken for certainty."""
    label, share = answer["label"], answer["probabilities"][answer["label"]]
    if not answer.get("votes"):
        return f"{share:.1%}"
    return in_votes(label, share, list(answer["votes"].values())) or f"{share:.1%} of the votes by weight"


def _match(expected: str | None, label: str) -> str:
    if expected is None:
        return "? no known label"
    return "✓ as expected" if expected == label else f"✗ expected {expected}"

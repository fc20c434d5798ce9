"""A prediction in words, and what it is beside the true label or number."""

from collections.abc import Mapping

from petalstream.model.votes import in_votes
from petalstream.readable import finite_number, readable, readable_interval
from services.consumer.api_client.responses import RowResult


def describe(result: RowResult) -> str:
    """Return what is predicted: a label with its probability, or a number with its interval."""
    if "label" in result:
        return f"{result['label']} {_share(result)}".rstrip()
    interval = f" ({readable_interval(*result['interval'])})" if "interval" in result else ""
    return readable(result["prediction"], result["unit"]) + interval


def compare(result: RowResult, expected: str | None) -> str:
    """Return whether the label is the expected one, or by how much the number differs."""
    if "label" not in result:
        return _difference(result, expected)
    if expected is None:
        return "? no known label"
    return "✓ as expected" if expected == result["label"] else f"✗ expected {expected}"


def compare_without_values(result: RowResult, expected: str | None) -> str:
    """Return the same without what the sender wrote: a label that the model does not know, or a number."""
    if "label" not in result:
        return "" if expected is None else "? compared with no number"
    if result["probabilities"] and expected not in (None, *result["probabilities"]):
        return "✗ expected another label"
    return compare(result, expected)


def _share(result: RowResult) -> str:
    """The label's probability; of a vote the votes, since a share of a few votes would be mistaken for certainty."""
    label, share = result["label"], result["probabilities"].get(result["label"])
    if share is None:
        return ""
    if not result.get("votes"):
        threshold: Mapping[str, float] = result.get("threshold", {})
        return f"{share:.1%}" + "".join(f" ({name} from {least:.1%} on)" for name, least in threshold.items())
    return in_votes(label, share, list(result["votes"].values())) or f"{share:.1%} of the votes by weight"


def _difference(result: RowResult, expected: str | None) -> str:
    true = finite_number(expected)
    if true is None:
        return "? no known number" if expected is None else "? expected is no number"
    difference = result["prediction"] - true
    sign = "+" if difference > 0 else ""
    within = ""
    if "interval" in result:
        lower, upper = result["interval"]
        within = f", {'within' if lower <= true <= upper else 'outside'} its interval"
    return f"error {sign}{readable(difference, result['unit'])}{within}"

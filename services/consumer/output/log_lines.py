"""Outcomes as people read them in the consumer's log, one line each."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from petalstream.latency import latency
from petalstream.line_writer import standard_output
from petalstream.messages import coordinates
from petalstream.model.votes import in_votes
from petalstream.reasons import Fault
from petalstream.settings import ConsumerPrint
from services.consumer.api_client.responses import RowResult
from services.consumer.output.text import moment, printable
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import Request

MOST_CHARACTERS = 2_000
_YES_NO = {True: "yes", False: "no"}


def printer(shown: ConsumerPrint) -> Callable[[Sequence[Outcome]], None]:
    """Return a function that prints a line for each outcome to standard output, or nothing with ConsumerPrint.NONE."""
    if shown is ConsumerPrint.NONE:
        return lambda outcomes: None
    output = standard_output()
    # In one piece, since other lanes print theirs at the same time.
    return lambda outcomes: output.write(lines(outcomes, shown))


def lines(outcomes: Sequence[Outcome], shown: ConsumerPrint = ConsumerPrint.FEATURES) -> str:
    """Return a line for each, with its end: the prediction of a record, or why it is a dead letter."""
    now, line = int(time.time() * 1000), _line if shown is ConsumerPrint.FEATURES else _line_without_values
    return "".join([printable(line(outcome, now), MOST_CHARACTERS) + "\n" for outcome in outcomes])


def _line(outcome: Outcome, now: int) -> str:
    if isinstance(outcome.verdict, Fault):
        return f"{_dead_letter(outcome, outcome.verdict)}: {outcome.verdict.message}"
    request, result = outcome.verdict
    named = request.features.items()
    # Without !s a float takes half as long again.
    words = [f"{name}={(_YES_NO[value] if type(value) is bool else value)!s}" for name, value in named]
    return (
        f"{coordinates(request.record)}  {' '.join(words)}"
        f"  ->  {_prediction(request, result, _match(request.expected, result['label']), now)}"
    )


def _line_without_values(outcome: Outcome, now: int) -> str:
    """Leave out all that the sender wrote. A dead letter's message quotes a value, and so can the header `expected`."""
    if isinstance(outcome.verdict, Fault):
        return _dead_letter(outcome, outcome.verdict)
    request, result = outcome.verdict
    match = _match(request.expected, result["label"])
    if result["probabilities"] and request.expected not in (None, *result["probabilities"]):
        match = "✗ expected another label"
    return f"{coordinates(request.record)}  ->  {_prediction(request, result, match, now)}"


def _dead_letter(outcome: Outcome, fault: Fault) -> str:
    return f"{coordinates(outcome.record)}  ->  dead letter, {fault.reason}"


def _prediction(request: Request, result: RowResult, match: str, now: int) -> str:
    took = _latency(request.record.timestamp, now)
    label = f"{result['label']} {_share(result)}".rstrip()
    return f"{label}  {match}  ({result['model']} version {result['version']}, {took})"


def _latency(timestamp: int, now: int) -> str:
    """The time from the record's timestamp to its prediction, where it can be one."""
    took = latency(timestamp, now)
    if took is not None:
        return f"{took} ms"
    if timestamp < 0:
        return "no latency: the record has no timestamp"
    return f"no latency: the record's timestamp is {moment(timestamp)}"


def _share(result: RowResult) -> str:
    """The label's probability; of a vote the votes, since a share of a few votes would be mistaken for certainty."""
    label, share = result["label"], result["probabilities"].get(result["label"])
    if share is None:
        return ""
    if not result.get("votes"):
        return f"{share:.1%}" + "".join(f" ({name} from {least:.1%} on)" for name, least in _threshold(result))
    return in_votes(label, share, list(result["votes"].values())) or f"{share:.1%} of the votes by weight"


def _threshold(result: RowResult) -> Iterable[tuple[str, float]]:
    """The label that is predicted from a certain probability on."""
    threshold: Mapping[str, float] = result.get("threshold", {})
    return threshold.items()


def _match(expected: str | None, label: str) -> str:
    if expected is None:
        return "? no known label"
    return "✓ as expected" if expected == label else f"✗ expected {expected}"

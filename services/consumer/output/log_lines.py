"""Outcomes as people read them in the consumer's log, one line each."""

import time
from collections.abc import Callable, Sequence

from petalstream.latency import latency
from petalstream.line_writer import standard_output
from petalstream.messages import coordinates
from petalstream.printable import printable
from petalstream.reasons import Fault
from petalstream.settings import ConsumerPrint
from services.consumer.api_client.responses import RowResult
from services.consumer.output.predicted import compare, compare_without_values, describe
from services.consumer.output.text import describe_row, moment
from services.consumer.scoring.outcomes import Outcome
from services.consumer.scoring.records import Request

MOST_CHARACTERS = 2_000


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
    return (
        f"{coordinates(request.record)}  {describe_row(request.features)}"
        f"  ->  {_prediction(request, result, compare(result, request.expected), now)}"
    )


def _line_without_values(outcome: Outcome, now: int) -> str:
    """Leave out all that the sender wrote. A dead letter's message quotes a value, and so can the header `expected`."""
    if isinstance(outcome.verdict, Fault):
        return _dead_letter(outcome, outcome.verdict)
    request, result = outcome.verdict
    match = compare_without_values(result, request.expected)
    return f"{coordinates(request.record)}  ->  {_prediction(request, result, match, now)}"


def _dead_letter(outcome: Outcome, fault: Fault) -> str:
    return f"{coordinates(outcome.record)}  ->  dead letter, {fault.reason}"


def _prediction(request: Request, result: RowResult, match: str, now: int) -> str:
    took = _latency(request.record.timestamp, now)
    return f"{describe(result)}  {match}  ({result['model']} version {result['version']}, {took})"


def _latency(timestamp: int, now: int) -> str:
    """The time from the record's timestamp to its prediction, where it can be one."""
    took = latency(timestamp, now)
    if took is not None:
        return f"{took} ms"
    if timestamp < 0:
        return "no latency: the record has no timestamp"
    return f"no latency: the record's timestamp is {moment(timestamp)}"

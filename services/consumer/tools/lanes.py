"""Lists the lanes that are paused, and resumes them."""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

import click

from petalstream.broker import CompactedReader
from petalstream.printable import printable
from services.consumer.output import text
from services.consumer.pauses import LaneState, Phase, lanes_topic, read_lane, write_lane

REASON = 300  # characters


def paused(servers: str, group: str) -> dict[str, LaneState]:
    """Return the state of each lane that is paused, by model. Raises KafkaError."""
    lanes: dict[str, LaneState] = {}
    with closing(CompactedReader(servers, lanes_topic(group))) as reader:
        for record in reader.read_to_end():
            with suppress(ValueError):
                model, state = read_lane(record)
                lanes[model] = state
    return {model: lanes[model] for model in sorted(lanes) if lanes[model].state is Phase.PAUSED}


def resume(servers: str, group: str, model: str | None, all_lanes: bool) -> Iterator[str]:
    """Resume the lane of `model`, or all; yield a line for each. Raises KafkaError, and click.UsageError."""
    if bool(model) == all_lanes:
        raise click.UsageError("name one model, or give --all")
    lanes = paused(servers, group)
    if model and model not in lanes:
        others = ", ".join(lanes) or "none"
        raise click.BadParameter(f"{model!r} is not paused in the group {group}; paused: {others}", param_hint="MODEL")
    if not lanes:
        yield "no lane is paused"
    for name in [model] if model else lanes:
        write_lane(servers, group, name, LaneState.running())
        yield f"{name}: resumed; it was paused since {printable(lanes[name].since)}"


def listing(lanes: Mapping[str, LaneState]) -> Iterator[str]:
    """Yield a table of the paused lanes: model, since when, why."""
    if not lanes:
        yield "no lane is paused"
        return
    rows = [(name, printable(lane.since), printable(lane.reason, REASON)) for name, lane in lanes.items()]
    yield from text.table([("model", "since", "reason"), *rows])

"""Draws a snapshot, as the live page gives it in JSON, as tables for a terminal."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from petalstream.printable import printable
from services.dashboard.pages import words
from services.dashboard.snapshot import Condition, Lag, Quality

GOOD, BAD, DIM = "green", "bold red", "dim"
# With so many columns there is room for the test set and the version.
WIDE = 110
Json = Mapping[str, Any]


def draw(content: Json, width: int) -> RenderableType:
    """Return the tables of the models and of the parts, in a terminal of `width` columns."""
    age = time.time() - content["at"]
    title = f"As of {words.clock(content['at'], content['at'])}, {printable(content['reading'], 60)}"
    head = [Text(title, DIM)]
    if age > words.STALE_SECONDS:
        head.append(Text(f"These figures are {words.seconds(age)} old: nothing newer was read.", BAD))
    models = [_models(content["models"], width >= WIDE)] if content["models"] else [Text("No model yet.")]
    return Group(*head, *models, *_imbalances(content["models"]), _parts(content["parts"]))


def _models(models: Json, is_wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1 if is_wide else 0, 0, 0))
    table.add_column("Model", no_wrap=True, max_width=30 if is_wide else 15)
    for heading in ("Per s", "p50", "p99", "Lag", "Oldest"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Quality", overflow="fold")
    if is_wide:
        table.add_column("Test set", overflow="fold")
    table.add_column("Dead", justify="right", no_wrap=True)
    table.add_column("Ledger", overflow="fold")
    table.add_column("Lane", no_wrap=True)
    if is_wide:
        table.add_column("Version", overflow="fold", max_width=24)
    for name, model in models.items():
        table.add_row(*_row(name, model, is_wide))
    return table


def _row(name: str, model: Json, is_wide: bool) -> Iterator[Text]:
    yield Text(printable(name, 40), "bold")
    yield Text(words.rate(model["requests_per_second"]))
    yield Text(words.milliseconds(model["p50_ms"]))
    yield Text(words.milliseconds(model["p99_ms"]))
    yield from _lag(Lag(**model["lag"]))
    yield _quality(model["quality"])
    if is_wide:
        yield _quality(model["test_quality"])
    dead = sum(model["dead_letters"].values())
    yield Text(words.count(dead), BAD if dead else "")
    yield _ledger(model["ledger"])
    lane = model["lane"]
    yield Text("–") if lane is None else Text("paused", BAD) if lane["is_paused"] else Text("running", GOOD)
    if is_wide:
        yield Text(printable(model["version"], 20) if model["version"] else "–")


def _lag(lag: Lag) -> Iterator[Text]:
    """Yield the requests without an outcome, and the age of the oldest in its largest unit."""
    style = BAD if lag.grows else ""
    yield Text(words.count(lag.records), style)
    oldest = words.seconds(lag.seconds if lag.records else None)
    yield Text(" ".join(oldest.split()[:2]), style)


def _quality(found: Json | None) -> Text:
    return Text(words.quality_value(Quality(**found)) if found else "–")


def _ledger(ledger: Json) -> Text:
    if not ledger["is_balanced"]:
        return Text(_missing(ledger["total"]), BAD)
    if not ledger["partitions"]:
        return Text("empty", DIM)
    return Text("not checked", DIM) if ledger["checked_at"] is None else Text("balances", GOOD)


def _missing(total: Json) -> str:
    return ", ".join(f"{total[kind]:,} {kind}" for kind in ("lost", "doubled", "unknown") if total[kind])


def _imbalances(models: Json) -> Iterator[Text]:
    """Yield a line for the newest place of each ledger that does not balance, and for each lane that is paused."""
    for name, model in models.items():
        shown, lane = printable(name, 40), model["lane"]
        for place in model["ledger"]["places"][:1]:
            offset = f"{shown}.requests[{place['partition']}]@{place['offset']}"
            yield Text(f"{offset} is {printable(place['kind'], 20)}; {_missing(model['ledger']['total'])} in all", BAD)
        if lane and lane["is_paused"]:
            yield Text(f"{shown} is paused since {printable(lane['since'], 30)}: {printable(lane['reason'], 200)}", BAD)


def _parts(parts: list[Json]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("Part", "State", ""):
        table.add_column(heading, overflow="fold")
    styles = {Condition.GOOD: GOOD, Condition.BAD: BAD, Condition.UNKNOWN: DIM}
    for part in parts:
        state = Text(printable(part["state"], 60), styles[Condition(part["condition"])])
        table.add_row(Text(printable(part["name"], 40)), state, Text(printable(part["words"], 160)))
    return table

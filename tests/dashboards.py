"""Snapshots of the live page with values as a stack has them, in each of their states."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace

from services.dashboard.snapshot import (
    ClassRow,
    Condition,
    DeadLetterRow,
    Lag,
    Lane,
    Ledger,
    Minute,
    ModelSnapshot,
    Part,
    PartitionLedger,
    Place,
    PredictionRow,
    Quality,
    Residuals,
    Snapshot,
)

# Text that a stranger may put into a record: markup, colours of a terminal, a writing direction, half a character.
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"' onfocus=alert(1) {{ 7 * 191 }}\ud800\x00"
BALANCED = (
    PartitionLedger(0, 120, 734, None, 612, 604, 5, 3, 0, 0, 0),
    PartitionLedger(1, 98, 690, None, 592, 586, 4, 2, 0, 0, 0),
)
PARTS = (
    Part("Kafka", Condition.GOOD, "1 broker", "all partitions have a leader"),
    Part("ZooKeeper", Condition.GOOD, "serving"),
    Part("API", Condition.GOOD, "ready", "serves iris and penguins"),
    Part("Consumer", Condition.GOOD, "2 members", "in the group petalstream"),
    Part("Producer", Condition.UNKNOWN, "no record for 40 s"),
)


def minutes(at: float, classes: Mapping[str, float], rate: float = 20.0) -> tuple[Minute, ...]:
    """An hour of minutes with a rate that goes up and down, shares of classes, and a gap of five minutes."""
    last = at // 60 * 60
    return tuple(
        _minute(last - 60 * back, rate if back else rate * (at - last) / 60, classes, back)
        for back in range(60, -1, -1)
        if back not in range(30, 35)
    )


def _minute(begin: float, rate: float, classes: Mapping[str, float], back: int) -> Minute:
    requests = round(rate * 60 * (1 + 0.4 * math.sin(back / 7)))
    dead = 3 if back == 12 else 0
    counts = {name: round((requests - dead) * share) for name, share in classes.items()}
    return Minute(begin, requests, requests - dead, dead, 3 + math.sin(back / 5), 11 + 4 * math.sin(back / 3), counts)


def ledger(at: float, partitions: tuple[PartitionLedger, ...] = BALANCED, places: tuple[Place, ...] = ()) -> Ledger:
    """A ledger that begins an hour ago."""
    timed = tuple(replace(each, first_time=at - 3600 + each.partition) for each in partitions)
    return Ledger(timed, places, at - 4, "It begins with the first requests that the topics have.")


def of_labels(at: float) -> ModelSnapshot:
    """Iris, running and balanced."""
    rows = tuple(
        PredictionRow(
            f"iris.requests[{number % 2}]@{733 - number}",
            at - number,
            3.2 + number,
            {"sepal_length": 5.9, "sepal_width": 3.0, "petal_length": 4.2, "petal_width": 1.5},
            "versicolor 97.2%",
            "virginica" if number == 3 else "versicolor",
            number != 3,
            "3",
        )
        for number in range(12)
    )
    letters = (
        letter(at, "missing_feature", "petal_width is missing", '{"sepal_length": 5.1, "sepal_width": 3.5}', 688),
        letter(at - 70, "undecodable", "the value is not JSON", r"\x00\xff\xfe<html>", 512),
    )
    return ModelSnapshot(
        name="iris",
        title="Iris",
        version="3",
        since=at - 5400,
        moved_by="training",
        lane=Lane(is_paused=False),
        requests_per_second=20.1,
        outcomes_per_second=20.0,
        p50_ms=3.1,
        p99_ms=12.4,
        lag=Lag(5, 0.2, 0.3),
        quality=Quality("accuracy", 0.961, 0.95, 0.971, 1190, 147),
        test_quality=Quality("accuracy", 0.9737, 0.8651, 0.9953, 38, 38),
        dead_letters={"missing_feature": 5, "undecodable": 4},
        ledger=ledger(at),
        minutes=minutes(at, {"setosa": 0.34, "versicolor": 0.35, "virginica": 0.31}),
        classes=(
            ClassRow("setosa", 402, 402, 0.99, 1.0),
            ClassRow("versicolor", 398, 377, 0.922, 0.965),
            ClassRow("virginica", 390, 365, 0.907, 0.956),
        ),
        confusion=(
            ("setosa", "setosa", 402),
            ("versicolor", "versicolor", 377),
            ("versicolor", "virginica", 21),
            ("virginica", "virginica", 365),
            ("virginica", "versicolor", 25),
        ),
        residuals=None,
        last_predictions=rows,
        last_dead_letters=letters,
        sampled_share=1.0,
    )


def letter(at: float, reason: str, message: str, value: str, offset: int) -> DeadLetterRow:
    """A dead letter of Iris."""
    command = f"make replay MODEL=iris FROM=iris.dead-letters[0]@{offset} ONLY=1"
    return DeadLetterRow(
        *(f"iris.requests[0]@{offset}", at - 20, reason, message, 1, value, len(value)),
        *(f"iris.dead-letters[0]@{offset - 500}", command),
    )


def of_numbers(at: float) -> ModelSnapshot:
    """Penguins, whose weight is predicted."""
    edges = tuple(float(edge) for edge in range(-900, 901, 150))
    rows = tuple(
        PredictionRow(
            request=f"penguins.requests[0]@{90 - number}",
            at=at - number,
            latency_ms=4.0,
            features={"species": "Gentoo", "bill_length": 47.3, "male": True},
            outcome="5,010 g (4,400 to 5,600)",
            expected="5,150 g" if number % 2 else None,
            is_right=None,
            version="1",
        )
        for number in range(4)
    )
    return replace(
        of_labels(at),
        name="penguins",
        title="Weight of penguins",
        version="1",
        moved_by="rollback",
        requests_per_second=1204.0,
        outcomes_per_second=950.0,
        lag=Lag(18_204, 21.0, None, grows=True),
        quality=Quality("mean_absolute_error", 241.0, 230.0, 252.0, 802, 68, "g"),
        test_quality=Quality("mean_absolute_error", 229.0, 190.0, 270.0, 68, 68, "g"),
        dead_letters={},
        minutes=minutes(at, {}, 1200),
        classes=(),
        confusion=(),
        residuals=Residuals(-12.4, edges, (2, 9, 31, 80, 130, 160, 150, 121, 70, 35, 11, 3), "g"),
        last_predictions=rows,
        last_dead_letters=(),
        sampled_share=0.12,
    )


def paused(at: float) -> ModelSnapshot:
    """Iris with a paused lane."""
    reason = "more than 10% of the last 100 records were dead-lettered, the last one as missing_feature"
    lane = Lane(is_paused=True, since="2026-11-30T18:40:12Z", reason=reason)
    waits = Lag(1_842, 95.0, None, grows=True)
    return replace(of_labels(at), lane=lane, lag=waits, outcomes_per_second=0.0)


def unbalanced(at: float) -> ModelSnapshot:
    """Iris with a ledger that has lost, doubled and unknown records."""
    rows = (BALANCED[0], PartitionLedger(1, 98, 690, None, 592, 583, 4, 2, 3, 1, 1))
    places = (
        Place("lost", 1, 655, at - 8),
        Place("lost", 1, 612, at - 9),
        Place("doubled", 1, 480, at - 30, ("iris.predictions[1]@471", "iris.predictions[1]@472")),
        Place("lost", 1, 411, at - 55),
        Place("unknown", 1, 12, at - 90, ("iris.dead-letters[1]@3",)),
    )
    return replace(of_labels(at), ledger=ledger(at, rows, places))


def hostile(at: float) -> ModelSnapshot:
    """Iris, of which strangers have written every text."""
    full = of_labels(at)
    row, dead = full.last_predictions[0], letter(at, HOSTILE, HOSTILE, HOSTILE, 9)
    return replace(
        full,
        title=HOSTILE,
        version=HOSTILE,
        moved_by=HOSTILE,
        lane=Lane(is_paused=True, since=HOSTILE, reason=HOSTILE),
        dead_letters={HOSTILE: 1},
        ledger=replace(full.ledger, places=(Place(HOSTILE, 0, 1, at, (HOSTILE,)),), edge=HOSTILE),
        minutes=minutes(at, {HOSTILE: 0.5, "a" * 300: 0.5}),
        classes=(ClassRow(HOSTILE, 1, 1, 0.2, 1.0),),
        confusion=((HOSTILE, "a" * 300, 1),),
        last_predictions=(
            replace(row, request=HOSTILE, features={HOSTILE: HOSTILE}, outcome=HOSTILE, expected=HOSTILE),
        ),
        last_dead_letters=(replace(dead, request=HOSTILE, place=HOSTILE, replay=HOSTILE),),
    )


def nothing_known(at: float) -> ModelSnapshot:
    """A model of which only the topic is there."""
    return ModelSnapshot(
        *("tulips", "tulips", None, None, "", None, 0.0, 0.0, None, None, Lag(0, None, None), None, None, {}),
        *(Ledger((), (), None, ""), (), (), (), None, (), (), 1.0),
    )


STATES = {
    "labels": of_labels,
    "numbers": of_numbers,
    "paused": paused,
    "unbalanced": unbalanced,
    "hostile": hostile,
    "nothing known": nothing_known,
}


def snapshot(*states: str, at: float | None = None, reading: str = "reading all topics") -> Snapshot:
    """A snapshot with a model for each of the states, now unless `at` says when; each is named after its state."""
    now = time.time() if at is None else at
    models = {state.replace(" ", "_"): STATES[state](now) for state in states}
    named = {name: replace(model, name=name) for name, model in models.items()}
    return Snapshot(now, reading, PARTS if states else (), named)

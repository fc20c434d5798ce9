"""The series of a lane: when they are there, and how its lag and its delay are counted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import generate_latest

from petalstream.broker import PartitionProgress
from services.consumer import metrics
from services.consumer.condition import Condition
from services.consumer.health import lane_numbers
from tests.records import Record


@contextmanager
def lane(model: str, condition: Condition = Condition.RUNNING) -> Iterator[None]:
    """The series of a lane."""
    metrics.add_lane(model, lambda: condition, lambda: 7)
    try:
        yield
    finally:
        metrics.remove_lane(model)


def series(model: str) -> dict[str, str]:
    """The series of a model by name and other labels, without those of when they were created."""
    found = {}
    for line in generate_latest().decode().splitlines():
        if line.startswith("petalstream_consumer") and f'model="{model}"' in line and "_created" not in line:
            name, _, value = line.rpartition(" ")
            found[name.replace(f'model="{model}"', "").replace("{,", "{").replace("{}", "")] = value
    return found


def test_a_lanes_series_are_there_from_the_start_and_go_with_it() -> None:
    with lane("rose", Condition.WAITING_FOR_API):
        found = series("rose")
        assert found["petalstream_consumer_predictions_total"] == "0.0"
        assert found['petalstream_consumer_dead_letters_total{reason="corrupt"}'] == "0.0"
        assert found["petalstream_consumer_skipped_records_total"] == "0.0"
        assert found["petalstream_consumer_batch_limit_records"] == "7.0"
        states = {name: value for name, value in found.items() if "lane_state" in name}
        assert len(states) == len(Condition)
        assert [name for name, value in states.items() if value == "1.0"] == [
            'petalstream_consumer_lane_state{state="waiting_for_api"}'
        ]
    assert series("rose") == {}


def test_lag_is_what_was_not_polled_and_what_was_polled_and_has_no_outcome() -> None:
    waiting = [Record(timestamp=int((time.time() - age) * 1000)) for age in (3, 100, 5)]
    rose = SimpleNamespace(model="rose", unsettled=lambda: waiting)
    lanes: Any = SimpleNamespace(all=lambda: [rose])
    partitions = [
        PartitionProgress("rose.requests", 0, 10, 40),
        PartitionProgress("rose.requests", 1, 0, 2),
        PartitionProgress("rose.requests", 2, None, 9),
        PartitionProgress("rose.requests", 3, 5, None),
        PartitionProgress("orchid.requests", 0, 0, 100),
    ]
    with lane("rose"):
        lane_numbers.count(partitions, lanes)
        found = series("rose")
    assert found["petalstream_consumer_lag_records"] == "35.0"
    assert found["petalstream_consumer_assigned_partitions"] == "4.0"
    assert 100 <= float(found["petalstream_consumer_behind_seconds"]) < 110
    assert series("orchid") == {}


@pytest.mark.parametrize("timestamp", [-1, 1_790_000_000, 1_790_000_000_000_000, 2**63 - 1])
def test_a_timestamp_that_is_none_in_milliseconds_has_no_age(timestamp: int) -> None:
    now = 1_790_000_100.0
    assert lane_numbers.oldest_age([Record(timestamp=timestamp)], now) == 0
    assert lane_numbers.oldest_age([Record(timestamp=timestamp), Record(timestamp=1_790_000_000_000)], now) == 100

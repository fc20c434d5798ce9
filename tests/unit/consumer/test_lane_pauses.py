"""How the states of lanes are followed when reading fails, and when their topic is recreated."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import pytest

from embedded.waiting import wait_until
from petalstream.broker import KafkaError
from petalstream.lane_state import LaneState
from services.consumer.pauses import LanePauses
from tests.records import Record

SECONDS = 30


def paused(model: str, offset: int) -> Record:
    """The record of a pause."""
    value = json.dumps(asdict(LaneState.paused(f"at {offset}"))).encode()
    return Record("petalstream.lanes", 0, offset, key=model.encode(), value=value)


@dataclass
class Reader:
    """Returns or raises what a test lists, then returns no records."""

    outcomes: list[list[Record] | Exception]
    closed: bool = False

    def poll(self) -> list[Record]:
        """The next records."""
        outcome = self.outcomes.pop(0) if self.outcomes else []
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


@contextmanager
def following(reader: Reader) -> Iterator[LanePauses]:
    """A LanePauses whose thread follows this reader."""
    pauses = LanePauses("", "petalstream")
    thread = threading.Thread(target=pauses._follow, args=(reader,))
    thread.start()
    try:
        yield pauses
    finally:
        pauses.close()
        thread.join(SECONDS)
        assert reader.closed


def test_an_error_of_the_broker_is_logged_once_and_reading_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader([KafkaError("gone"), OSError("gone"), KafkaError("gone"), [paused("iris", 0)]])
    with following(reader) as pauses:
        wait_until(lambda: pauses.reason("iris"), "the pause after the errors", SECONDS)
    assert [record.getMessage() for record in caplog.records] == [
        "the topic petalstream.lanes cannot be read, trying again: KafkaError('gone')"
    ]


def test_close_ends_the_waiting_between_two_attempts() -> None:
    with following(Reader([KafkaError("gone")] * 1_000)):
        pass


def test_states_are_read_anew_when_the_topic_was_recreated() -> None:
    reader = Reader([[paused("iris", 7)], [paused("rose", 0)]])
    with following(reader) as pauses:
        wait_until(lambda: pauses.reason("rose"), "the state in the new topic", SECONDS)
        assert pauses.reason("iris") is None

"""Dead letters in the operator's tools: how they are read, listed, chosen and replayed, and how far progress moves."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from petalstream.broker import KafkaError, MessageSizeTooLargeError, UnreadableRecords
from petalstream.dead_letters import DeadLetter, write_dead_letter
from petalstream.messages import Message, ReceivedRecord
from petalstream.reasons import Fault, Reason
from services.consumer.tools import reading, reports
from services.consumer.tools.progress import Moves, Progress
from services.consumer.tools.reading import Found
from services.consumer.tools.replay import Replay, Tally
from services.consumer.tools.selection import CannotReplay, Choice, OffsetRange, Selection, request
from tests.records import Record

REJECTED, TOO_LARGE = Reason.REJECTED, Reason.TOO_LARGE


def dead_letter(
    offset: int = 0, reason: Reason = REJECTED, partition: int = 0, timestamp: int = 0, **request: object
) -> Record:
    """A record of Iris' dead letters, with this partition, offset and time, of a request like this."""
    given = {"key": str(offset).encode(), "value": b"{}", "headers": []} | request
    message = write_dead_letter(Record(**given), Fault(reason, "it is so"), 1)  # type: ignore[arg-type]
    return Record(message.topic, partition, offset, timestamp, message.key, message.value, message.headers)


def found(*records: Record) -> list[Found]:
    """The records as they are read from the topic."""
    return list(reading.dead_letters(lambda *_: iter(records), "iris", dict.fromkeys(range(9), 99), {}))


class Broker:
    """Takes messages and keeps progress, both or nothing; `refuses` maps a key to the error it is refused with."""

    def __init__(self, refuses: Mapping[bytes, KafkaError] | None = None) -> None:
        self.refuses = refuses or {}
        self.taken: list[bytes | None] = []
        self.kept: dict[tuple[Reason, int], int] = {}

    def write(self, messages: Sequence[Message], moves: Moves) -> dict[int, KafkaError]:
        """Take all, or return the first message that is refused; an error that is no refusal is raised."""
        for index, message in enumerate(messages):
            if error := self.refuses.get(message.key or b""):
                if type(error) is KafkaError:
                    raise error
                return {index: error}
        self.taken += [message.key for message in messages]
        for reason, offsets in moves.items():
            self.kept |= {(reason, partition): offset for partition, offset in offsets.items()}
        return {}

    def replay(self, selection: Selection, records: Sequence[Record], end: int, batch: int = 500) -> Tally:
        """One run over partition 0 up to `end`, from the progress that is kept."""
        committed = {reason: {0: self.kept.get((reason, 0), 0)} for reason in selection.reasons}
        tally = Tally()
        run = Replay(selection, Progress(committed, {0: end}), tally, self.write, batch)
        run.run(found(*records), {0: end})
        return tally


def test_a_list_counts_each_reason_and_shows_the_newest_of_all_partitions_last() -> None:
    records = [dead_letter(number, timestamp=number) for number in range(3)]
    records += [dead_letter(7, TOO_LARGE, 1, 1, key=None, value=None, headers=[("replay_count", b"2\x1b")])]
    records += [Record("iris.dead-letters", 1, 8, 9, headers=[("dead_letter_reason", b"no reason of ours")])]
    assert list(reports.listing("iris", found(*records), last=2)) == [
        "iris: 4 dead letters",
        "  rejected    3",
        "  too_large   1",
        "  (not ours)  1",
        "",
        "  the last 2, newest last",
        "  at   time                      reason     request             key",
        "  1:7  1970-01-01T00:00:00.001Z  too_large  iris.requests[0]@0  -    replays: 2\\x1b",
        "      it is so",
        "      (the request's bytes are not in the dead letter)",
        "  0:2  1970-01-01T00:00:00.002Z  rejected   iris.requests[0]@0  2",
        "      it is so",
        "      {}",
    ]
    assert list(reports.listing("iris", [], last=5)) == ["iris: no dead letters"]


def test_records_of_strangers_and_bytes_that_cannot_be_read_are_passed_and_do_not_end_the_reading() -> None:
    fault = UnreadableRecords("iris.dead-letters", 0, 1, 3, ValueError("corrupt"))
    positions: list[dict[int, int]] = []

    def read(topic: str, begin: Mapping[int, int]) -> Iterator[ReceivedRecord]:
        positions.append(dict(begin))
        if len(positions) == 1:
            yield from (dead_letter(0), Record(topic, 1, 5, headers=[("dead_letter_reason", b"rejected")]))
            raise fault
        yield from (dead_letter(6, partition=1), dead_letter(3))

    read_all = list(reading.dead_letters(read, "iris", {0: 3, 1: 9}, {}))
    assert [(one.partition, one.offset, bool(one.letter)) for one in read_all] == [
        (0, 0, True),
        (1, 5, False),
        (0, 2, False),
        (1, 6, True),
    ]
    assert positions == [{}, {0: 3, 1: 6}]


@pytest.mark.parametrize(
    ("selection", "is_handled", "choice"),
    [
        (Selection(), 0, Choice.MEANT),
        (Selection(), 5, Choice.MEANT),
        (Selection(), 6, Choice.NOT_MEANT),
        (Selection(again=True), 6, Choice.MEANT),
        (Selection(reasons=[TOO_LARGE]), 0, Choice.NOT_MEANT),
        (Selection(since=1_000), 0, Choice.MEANT),
        (Selection(since=1_001), 0, Choice.PASSED_OVER),
        (Selection(since=1_001, again=True), 6, Choice.NOT_MEANT),
        (Selection(until=1_001), 0, Choice.MEANT),
        (Selection(until=1_000), 0, Choice.LEFT),
        (Selection(until=1_000, again=True), 6, Choice.NOT_MEANT),
        (Selection(offsets=[OffsetRange(2, 9, 9), OffsetRange(2, 4, 5)]), 0, Choice.MEANT),
        (Selection(offsets=[OffsetRange(2, 6, 9), OffsetRange(1, 5, 5)]), 0, Choice.LEFT),
    ],
)
def test_a_dead_letter_is_chosen_by_reason_progress_time_and_place(
    selection: Selection, is_handled: int, choice: Choice
) -> None:
    letter = DeadLetter.read(dead_letter(5, partition=2, timestamp=1_000))
    assert selection.choose(letter, is_handled) is choice


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (dead_letter(key=None, value=None), "bytes are not in the dead letter"),
        (Record("iris.dead-letters", key=None, value=None, headers=dead_letter().headers), "bytes are not"),
        (
            Record("rose.dead-letters", headers=dead_letter().headers),
            "dead_letter_topic is not the model's request topic",
        ),
    ],
)
def test_what_cannot_become_a_request_again_says_why(record: Record, why: str) -> None:
    with pytest.raises(CannotReplay, match=why):
        request(DeadLetter.read(record))


def test_each_reason_has_its_own_progress_and_a_second_run_begins_where_the_last_one_ended() -> None:
    broker, records = Broker(), [dead_letter(0), dead_letter(1, TOO_LARGE), dead_letter(2)]
    assert broker.replay(Selection([REJECTED]), records, 3).replayed == {("iris", REJECTED): 2}
    assert broker.kept == {(REJECTED, 0): 3}
    assert not broker.replay(Selection([REJECTED]), records, 3).replayed
    assert broker.replay(Selection(), [*records, dead_letter(3)], 4).replayed.total() == 2
    assert broker.taken == [b"0", b"2", b"1", b"3"]


def test_progress_stops_before_what_a_run_leaves_so_that_a_later_run_sends_it() -> None:
    broker, records = Broker(), [dead_letter(number, timestamp=number) for number in range(4)]
    tally = broker.replay(Selection([REJECTED], offsets=[OffsetRange(0, 1, 2)]), records, 4)
    assert (tally.replayed.total(), tally.left, tally.again, broker.kept) == (2, 2, 2, {})
    tally = broker.replay(Selection([REJECTED], until=3), records, 4)
    assert (tally.replayed.total(), tally.left, tally.again, broker.kept) == (3, 1, 0, {(REJECTED, 0): 3})
    tally = broker.replay(Selection([REJECTED]), records, 4)
    assert (tally.replayed.total(), tally.left, broker.kept) == (1, 0, {(REJECTED, 0): 4})


def test_progress_is_kept_with_each_batch_and_never_moves_back() -> None:
    broker, records = Broker({b"3": KafkaError("gone")}), [dead_letter(number) for number in range(5)]
    with pytest.raises(KafkaError):
        broker.replay(Selection([REJECTED]), records, 5, batch=2)
    assert (broker.taken, broker.kept) == ([b"0", b"1"], {(REJECTED, 0): 2})
    broker.refuses = {}
    broker.replay(Selection([REJECTED], again=True, offsets=[OffsetRange(0, 0, 0)]), records, 5)
    assert (broker.taken[2:], broker.kept) == ([b"0"], {(REJECTED, 0): 2})
    broker.replay(Selection([REJECTED]), records, 5)
    assert (broker.taken[3:], broker.kept) == ([b"2", b"3", b"4"], {(REJECTED, 0): 5})


def test_progress_past_the_end_is_that_of_an_earlier_topic() -> None:
    progress = Progress({REJECTED: {0: 7, 1: 3}}, {0: 5, 1: 5, 2: 5})
    assert [progress.of(REJECTED, partition) for partition in range(3)] == [0, 3, 0]
    assert progress.begin() == {0: 0, 1: 3, 2: 0}


@pytest.mark.parametrize("batch", [1, 500])
def test_a_refusal_holds_its_own_reason_and_partition_and_nothing_from_behind_it_is_sent(batch: int) -> None:
    broker = Broker({b"1": MessageSizeTooLargeError()})
    records = [
        dead_letter(0, TOO_LARGE),
        dead_letter(1, TOO_LARGE),
        dead_letter(2),
        dead_letter(3, TOO_LARGE),
        dead_letter(4),
    ]
    tally = broker.replay(Selection([REJECTED, TOO_LARGE]), records, 5, batch)
    assert (broker.taken, tally.left, tally.again) == ([b"0", b"2", b"4"], 1, 0)
    assert broker.kept == {(REJECTED, 0): 5, (TOO_LARGE, 0): 1}
    (told,) = tally.refused
    assert told.startswith("iris.dead-letters[0]@1 was refused: its ")
    broker.refuses = {}
    assert broker.replay(Selection([REJECTED, TOO_LARGE]), records, 5).replayed.total() == 2
    assert sorted(filter(None, broker.taken)) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_record_is_replayed_a_limited_number_of_times_and_without_limit_where_the_operator_asks() -> None:
    records = [dead_letter(number, headers=[("replay_count", b"%d" % number)]) for number in range(4)]
    tally = Broker().replay(Selection([REJECTED], most_replays=2), records, 4)
    assert (tally.replayed.total(), dict(tally.impossible)) == (
        2,
        {"replayed 2 times already; --again replays it all the same": 2},
    )
    assert Broker().replay(Selection([REJECTED]), records, 4).replayed.total() == 4

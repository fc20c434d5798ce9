"""The operator's tools without a broker: what is printed, what a replay chooses, and how far its progress moves."""

import logging
from collections.abc import Iterator, Mapping, Sequence

import pytest
from click.testing import CliRunner

from petalstream.broker import KafkaError, Lag, MessageSizeTooLargeError, UnreadableRecords
from petalstream.dead_letters import DeadLetter, write_dead_letter
from petalstream.messages import Message, ReceivedRecord
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer import text
from services.consumer.tools import lag, listing, reading, summary
from services.consumer.tools.__main__ import tools
from services.consumer.tools.progress import Places, Progress
from services.consumer.tools.reading import Found
from services.consumer.tools.replay import Replay, Tally
from services.consumer.tools.selection import CannotReplay, Choice, OffsetRange, Selection, request
from tests.records import Record

REJECTED, TOO_LARGE = Reason.REJECTED, Reason.TOO_LARGE


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Takes back that a command configures the logging of this process."""
    handlers, level, client = list(logging.root.handlers), logging.root.level, logging.getLogger("kafka").level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.getLogger("kafka").setLevel(client)


def buried(
    offset: int = 0, reason: Reason = REJECTED, partition: int = 0, timestamp: int = 0, **request: object
) -> Record:
    """A record of Iris' dead letters, at this place and time, of a request like this."""
    given = {"key": str(offset).encode(), "value": b"{}", "headers": []} | request
    message = write_dead_letter(Record(**given), Fault(reason, "it is so"), 1)  # type: ignore[arg-type]
    return Record(message.topic, partition, offset, timestamp, message.key, message.value, message.headers)


def found(*records: Record) -> list[Found]:
    """The records as they are read from the topic."""
    return list(reading.dead_letters("", "iris", dict.fromkeys(range(9), 99), {}, lambda *_: iter(records)))


class Broker:
    """Takes messages, and keeps progress; `refuses` maps a key to the error it is refused with."""

    def __init__(self, refuses: Mapping[bytes, KafkaError] | None = None) -> None:
        self.refuses = refuses or {}
        self.taken: list[bytes | None] = []
        self.kept: dict[tuple[Reason, int], int] = {}

    def deliver(self, messages: Sequence[Message]) -> list[KafkaError | None]:
        """Take each message, or refuse it."""
        refusals = [self.refuses.get(message.key or b"") for message in messages]
        self.taken += [message.key for message, error in zip(messages, refusals, strict=True) if error is None]
        return refusals

    def commit(self, reason: Reason, offsets: Places) -> None:
        """Keep progress, after seeing that everything before it was taken."""
        self.kept |= {(reason, partition): offset for partition, offset in offsets.items()}

    def replay(self, selection: Selection, records: Sequence[Record], end: int, batch: int = 500) -> Tally:
        """One run over partition 0 up to `end`, from the progress that is kept."""
        committed = {reason: {0: self.kept.get((reason, 0), 0)} for reason in selection.reasons}
        tally = Tally()
        run = Replay(selection, Progress(committed), tally, self.deliver, self.commit, batch)
        run.run(found(*records), {0: end})
        return tally


def test_nothing_of_a_record_reaches_the_terminal_as_a_control_sequence() -> None:
    assert text.printable("\x1b[2J\r\x07\u202e\u200b\u2028\ud800é✓") == r"\x1b[2J\r\x07\u202e\u200b\u2028\ud800é✓"
    assert text.shown(b"\x9b31m") == r"b'\x9b31m'"
    assert text.shown("\x9b31m é".encode()) == r"\x9b31m é"


def test_only_the_beginning_of_a_long_text_is_shown_and_a_character_is_not_cut() -> None:
    assert text.shown(b"x" * 80) == "x" * 80
    assert text.shown(b"x" * 81) == "x" * 80 + "…"
    assert text.shown("x😀".encode() * 200) == "x😀" * 40 + "…"
    assert text.shown(b"\xff" * 100) == repr(b"\xff" * 80) + "…"
    assert text.printable("\x00" * 9, 2) == r"\x00\x00…"


def test_a_time_that_is_no_date_is_shown_as_it_is() -> None:
    assert text.moment(1_767_323_045_678) == "2026-01-02T03:04:05.678Z"
    assert text.moment(-1) == "1969-12-31T23:59:59.999Z"
    assert text.moment(2**62) == f"{2**62} ms"


def test_the_lag_is_a_table_with_a_total_and_a_dash_where_nothing_was_committed() -> None:
    lags = [Lag("iris.requests", 0, 41, 50), Lag("iris.requests", 1, None, 7), Lag("rose.requests", 0, 9, 3)]
    assert list(lag.report(lags)) == [
        "topic          partition  committed  end  lag",
        "iris.requests          0         41   50    9",
        "iris.requests          1          -    7    7",
        "rose.requests          0          9    3    0",
        "total                                      16",
    ]


def test_a_list_counts_each_reason_and_shows_the_newest_of_all_partitions_last() -> None:
    records = [buried(number, timestamp=number) for number in range(3)]
    records += [buried(7, TOO_LARGE, 1, 1, key=None, value=None, headers=[("replay_count", b"2\x1b")])]
    records += [Record("iris.dead-letters", 1, 8, 9, headers=[("dead_letter_reason", b"no reason of ours")])]
    assert list(listing.report("iris", found(*records), last=2)) == [
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
    assert list(listing.report("iris", [], last=5)) == ["iris: no dead letters"]


def test_records_of_strangers_and_bytes_that_cannot_be_read_are_passed_and_do_not_end_the_reading() -> None:
    fault = UnreadableRecords("iris.dead-letters", 0, 1, 3, ValueError("corrupt"))
    positions: list[dict[int, int]] = []

    def read(servers: str, topic: str, begin: Mapping[int, int]) -> Iterator[ReceivedRecord]:
        positions.append(dict(begin))
        if len(positions) == 1:
            yield from (buried(0), Record(topic, 1, 5, headers=[("dead_letter_reason", b"rejected")]))
            raise fault
        yield from (buried(6, partition=1), buried(3))

    read_all = list(reading.dead_letters("", "iris", {0: 3, 1: 9}, {}, read))
    assert [(one.partition, one.offset, bool(one.letter)) for one in read_all] == [
        (0, 0, True),
        (1, 5, False),
        (0, 2, False),
        (1, 6, True),
    ]
    assert positions == [{}, {0: 3, 1: 6}]


@pytest.mark.parametrize(
    ("selection", "dealt_with", "choice"),
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
    selection: Selection, dealt_with: int, choice: Choice
) -> None:
    letter = DeadLetter.read(buried(5, partition=2, timestamp=1_000))
    assert selection.choose(letter, dealt_with) is choice


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (buried(key=None, value=None), "bytes are not in the dead letter"),
        (Record("iris.dead-letters", key=None, value=None, headers=buried().headers), "bytes are not"),
        (Record("rose.dead-letters", headers=buried().headers), "dead_letter_topic is not the model's request topic"),
    ],
)
def test_what_cannot_become_a_request_again_says_why(record: Record, why: str) -> None:
    with pytest.raises(CannotReplay, match=why):
        request(DeadLetter.read(record))


def test_each_reason_has_its_own_progress_and_a_second_run_begins_where_the_last_one_ended() -> None:
    broker, records = Broker(), [buried(0), buried(1, TOO_LARGE), buried(2)]
    assert broker.replay(Selection([REJECTED]), records, 3).replayed == {("iris", REJECTED): 2}
    assert broker.kept == {(REJECTED, 0): 3}
    assert not broker.replay(Selection([REJECTED]), records, 3).replayed
    assert broker.replay(Selection(), [*records, buried(3)], 4).replayed.total() == 2
    assert broker.taken == [b"0", b"2", b"1", b"3"]


def test_progress_stops_before_what_a_run_leaves_so_that_a_later_run_sends_it() -> None:
    broker, records = Broker(), [buried(number, timestamp=number) for number in range(4)]
    tally = broker.replay(Selection([REJECTED], offsets=[OffsetRange(0, 1, 2)]), records, 4)
    assert (tally.replayed.total(), tally.left, tally.again, broker.kept) == (2, 2, 2, {})
    tally = broker.replay(Selection([REJECTED], until=3), records, 4)
    assert (tally.replayed.total(), tally.left, tally.again, broker.kept) == (3, 1, 0, {(REJECTED, 0): 3})
    tally = broker.replay(Selection([REJECTED]), records, 4)
    assert (tally.replayed.total(), tally.left, broker.kept) == (1, 0, {(REJECTED, 0): 4})


def test_progress_is_kept_after_each_batch_and_never_moves_back() -> None:
    dead = KafkaError("gone")
    broker, records = Broker({b"3": dead, b"4": dead}), [buried(number) for number in range(5)]
    with pytest.raises(KafkaError):
        broker.replay(Selection([REJECTED]), records, 5, batch=2)
    assert (broker.taken, broker.kept) == ([b"0", b"1", b"2"], {(REJECTED, 0): 3})
    broker.refuses = {}
    broker.replay(Selection([REJECTED], again=True, offsets=[OffsetRange(0, 0, 0)]), records, 5)
    assert (broker.taken[3:], broker.kept) == ([b"0"], {(REJECTED, 0): 3})
    broker.replay(Selection([REJECTED]), records, 5)
    assert (broker.taken[4:], broker.kept) == ([b"3", b"4"], {(REJECTED, 0): 5})


def test_a_refusal_holds_its_own_reason_and_partition_and_lets_the_others_go() -> None:
    broker = Broker({b"0": MessageSizeTooLargeError()})
    records = [buried(0, TOO_LARGE), buried(1), buried(2, TOO_LARGE)]
    tally = broker.replay(Selection([REJECTED, TOO_LARGE]), records, 3, batch=1)
    assert (broker.taken, broker.kept, tally.left) == ([b"1"], {(REJECTED, 0): 3}, 1)
    (told,) = tally.refused
    assert told.startswith("iris.dead-letters[0]@0 was refused: its ")


def test_a_replay_is_summed_up_in_one_line() -> None:
    tally = Tally()
    assert list(summary.report(tally, dry_run=False)) == ["0 replayed, 0 cannot be replayed, 0 passed over"]
    tally.replayed["iris", REJECTED] = 12
    tally.impossible["no bytes"] = 3
    tally.passed_over = 2
    assert list(summary.report(tally, dry_run=True)) == [
        "  iris  rejected  12",
        "12 would be replayed, 3 cannot be replayed (no bytes), 2 passed over (before --since; --again reaches them)",
    ]
    tally.refused = [f"number {number}" for number in range(12)]
    assert list(summary.refusals(tally))[9:] == [
        "number 9",
        "and 2 more",
        "progress does not move past what was refused",
    ]


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("replay --reason lost", "'lost' is not one of 'undecodable', "),
        ("replay --offset 3", "'3' is not PARTITION:OFFSET or PARTITION:OFFSET-OFFSET, as in 2:17 or 2:17-40"),
        ("replay --offset 1:9-8", "'1:9-8' ends before it begins"),
        ("replay --since yesterday", "'yesterday' is not a time in UTC such as 2026-01-02 or 2026-01-02T03:04:05Z"),
        ("replay --since 2026-01-02 --until 2026-01-01T23:59:59.999Z", "--since: must be before --until"),
        ("list --last -1", "-1 is not in the range"),
        ("lost", "No such command 'lost'"),
    ],
)
def test_a_word_that_is_not_understood_is_told_in_one_line_that_says_what_was_expected(
    arguments: str, expected: str
) -> None:
    ran = CliRunner().invoke(tools, ["dead-letters", *arguments.split()])
    assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert ran.stderr.startswith("Error: ")
    assert expected in ran.stderr

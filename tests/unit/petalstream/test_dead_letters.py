"""Dead letters: the request untouched, why it was not scored, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petalstream.dead_letters import MOST_BYTES, DeadLetter, write_dead_letter
from petalstream.messages import Message
from petalstream.reasons import Fault, Reason
from tests.records import Record, as_received

FAULT = Fault(Reason.OUT_OF_RANGE, "petal_width must be at least 0 cm, not -0.1")


def read_back(record: Record, fault: Fault = FAULT, attempts: int = 1) -> DeadLetter:
    """The dead letter of `record`, as an operator's tool gets it."""
    return DeadLetter.read(as_received(write_dead_letter(record, fault, attempts)))


def test_it_is_written_for_the_model_with_key_bytes_and_headers_untouched_and_then_the_reason() -> None:
    own: list[tuple[str, bytes | None]] = [("b", b"\xff\x00"), ("a", b""), ("b", b"again"), ("naïve", b"x")]
    message = write_dead_letter(Record(key=b"\xff", value=b"{ \x00", headers=own), FAULT, 2)
    assert (message.topic, message.key, message.value) == ("iris.dead-letters", b"\xff", b"{ \x00")
    assert message.headers[:4] == own
    assert message.headers[4:] == [
        ("dead_letter_reason", b"out_of_range"),
        ("dead_letter_message", b"petal_width must be at least 0 cm, not -0.1"),
        ("dead_letter_topic", b"iris.requests"),
        ("dead_letter_partition", b"0"),
        ("dead_letter_offset", b"0"),
        ("dead_letter_timestamp", b"1000"),
        ("dead_letter_attempts", b"2"),
    ]


def test_it_is_read_back_with_the_requests_place_and_time_and_what_was_wrong() -> None:
    letter = read_back(Record("iris.requests", 3, 41, 1_767_323_045_678), attempts=7)
    assert (letter.topic, letter.partition, letter.offset) == ("iris.requests", 3, 41)
    assert (letter.timestamp, letter.attempts, letter.emptied) == (1_767_323_045_678, 7, "")
    assert (letter.reason, letter.message) == (FAULT.reason, FAULT.message)
    assert (letter.record.topic, letter.record.key, letter.record.value) == ("iris.dead-letters", b"1", b"{}")


def test_a_request_with_headers_of_a_dead_letter_of_its_own_keeps_them_and_is_not_mistaken() -> None:
    own: list[tuple[str, bytes | None]] = [
        ("dead_letter_reason", b"tombstone"),
        ("dead_letter_offset", b"999"),
        ("dead_letter_emptied", b"value"),
    ]
    letter = read_back(Record(offset=41, headers=own))
    assert (letter.reason, letter.offset, letter.emptied, letter.headers) == (FAULT.reason, 41, "", own)
    assert letter.replay().headers == [*own, ("replay_count", b"1")]


texts = st.sampled_from(["expected", "replay_count", "dead_letter_reason", "dead_letter_emptied", ""]) | st.text()
headers = st.lists(st.tuples(texts, st.binary(max_size=9)), max_size=5)


@given(key=st.none() | st.binary(), value=st.binary(), own=headers, said=st.text())
def test_any_request_is_replayed_as_it_was_but_for_how_often(
    key: bytes | None, value: bytes, own: list[tuple[str, bytes | None]], said: str
) -> None:
    letter = read_back(Record("rose.requests", 1, 2, 3, key, value, own), Fault(Reason.REJECTED, said))
    again = letter.replay()
    assert letter.replayable
    assert letter.headers == own
    assert (again.topic, again.key, again.value) == ("rose.requests", key, value)
    assert again.headers[:-1] == [(name, held) for name, held in own if name != "replay_count"]
    assert again.headers[-1][0] == "replay_count"


def test_null_headers_are_written_empty_and_named_and_do_not_stand_in_the_way_of_a_replay() -> None:
    message = write_dead_letter(Record(headers=[("a", None), ("b", b"1"), ("c", None)]), FAULT, 0)
    assert message.headers[:3] == [("a", b""), ("b", b"1"), ("c", b"")]
    assert dict(message.headers)["dead_letter_emptied"] == b"header a, header c"
    assert DeadLetter.read(as_received(message)).replayable


def test_a_null_key_or_a_null_value_stays_null_where_the_other_one_is_not() -> None:
    for record in (Record(key=None), Record(value=None)):
        message = write_dead_letter(record, FAULT, 0)
        assert (message.key, message.value) == (record.key, record.value)
        letter = DeadLetter.read(as_received(message))
        assert letter.replayable
        assert (letter.replay().key, letter.replay().value) == (record.key, record.value)


def test_key_and_value_null_at_once_are_written_with_an_empty_value_which_is_named_and_not_replayed() -> None:
    letter = read_back(Record(key=None, value=None, headers=[("a", None)]))
    assert (letter.record.key, letter.record.value) == (None, b"")
    assert letter.emptied == "value, header a"
    assert not letter.replayable


@pytest.mark.parametrize("large", [Record(value=b"x" * MOST_BYTES), Record(headers=[("h", b"x" * MOST_BYTES)])])
def test_what_no_topic_would_take_is_written_empty_with_its_place_and_not_replayed(large: Record) -> None:
    message = write_dead_letter(large, FAULT, 0)
    letter = DeadLetter.read(as_received(message))
    assert message.size < 1_000
    assert (message.key, message.value, letter.headers) == (None, b"", [])
    assert (letter.emptied, letter.replayable) == ("value, key, headers", False)
    assert (letter.topic, letter.offset) == ("iris.requests", 0)


def test_a_bare_dead_letter_has_nothing_of_the_requests_own_but_its_place() -> None:
    record = Record("iris.requests", 3, 41, headers=[("own", b"1"), ("null", None)])
    letter = DeadLetter.read(as_received(write_dead_letter(record, FAULT, 7, bare=True)))
    assert (letter.record.key, letter.record.value, letter.headers) == (None, b"", [])
    assert (letter.emptied, letter.replayable) == ("value, key, headers", False)
    assert (letter.topic, letter.partition, letter.offset, letter.attempts) == ("iris.requests", 3, 41, 7)
    assert (letter.reason, letter.message) == (FAULT.reason, FAULT.message)


def test_what_a_topic_just_takes_is_kept_whole() -> None:
    record = Record(key=None, value=b"x" * MOST_BYTES)
    assert write_dead_letter(record, FAULT, 0).value == record.value


def test_without_key_and_value_too_many_headers_are_not_written_either() -> None:
    assert write_dead_letter(Record(key=None, value=None, headers=[("h", b"x" * MOST_BYTES)]), FAULT, 0).size < 1_000


def test_a_long_or_unencodable_reason_is_cut_and_not_a_failure() -> None:
    letter = read_back(Record(), Fault(Reason.REJECTED, "\ud800" + "é" * 5_000))
    assert letter.message.startswith("?éé")
    assert len(letter.message.encode()) <= 1_005


def test_of_very_many_null_headers_it_is_still_known_that_the_value_was_not_written() -> None:
    letter = read_back(Record(key=None, value=None, headers=[(f"header {number}", None) for number in range(200)]))
    assert not letter.replayable


def test_a_null_header_that_is_called_value_does_not_stand_in_the_way_of_a_replay() -> None:
    assert read_back(Record(headers=[("a, value", None), ("value", None)])).replayable


@pytest.mark.parametrize(
    ("counted", "then"),
    [
        ([], b"1"),
        ([b"1"], b"2"),
        ([b"9"], b"10"),
        ([b"2", b"5", b"3"], b"6"),
        ([b"often"], b"1"),
        ([b"\xff"], b"1"),
        ([b"9" * 5_000], b"1"),
    ],
)
def test_a_replay_counts_up_however_it_was_counted_before(counted: list[bytes], then: bytes) -> None:
    letter = read_back(Record(headers=[("a", b"1"), *(("replay_count", count) for count in counted)]))
    assert letter.replay().headers == [("a", b"1"), ("replay_count", then)]


def replayed(message: Message) -> Message:
    """The replay of a message that died as well."""
    return DeadLetter.read(as_received(write_dead_letter(as_received(message), FAULT, 1))).replay()


def test_a_replay_that_dies_again_is_replayed_to_the_same_topic() -> None:
    first = replayed(Message("iris.requests", b"k", b"v", [("a", b"1")]))
    assert replayed(first) == Message("iris.requests", b"k", b"v", [("a", b"1"), ("replay_count", b"2")])


@pytest.mark.parametrize(
    "foreign",
    [
        [],
        [("x-death", b"1")],
        [("dead_letter_offset", b"1")],
        [("dead_letter_reason", b"mine")],
        [("dead_letter_reason", None)],
    ],
)
def test_a_record_of_another_tool_is_no_dead_letter(foreign: list[tuple[str, bytes | None]]) -> None:
    with pytest.raises(ValueError, match=r"iris\.dead-letters\[4\]@17"):
        DeadLetter.read(Record("iris.dead-letters", 4, 17, headers=foreign))


def test_a_dead_letter_whose_place_is_no_number_is_none() -> None:
    record = as_received(write_dead_letter(Record(), FAULT, 1))
    record.headers = [(name, b"x" if name == "dead_letter_offset" else value) for name, value in record.headers]
    with pytest.raises(ValueError, match="invalid literal"):
        DeadLetter.read(record)

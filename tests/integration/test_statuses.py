"""What each answer of the api means for the records of a batch, on the real stream."""

import time

import pytest

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Message
from tests.proxy import Judge, proxy
from tests.stack import FLOWER, Stack

SECONDS = 60
# The last one is not the api's word that it knows no such model, but that of something else at its address.
OUTAGES = [401, 403, 405, 415, 429, 502, 503, 504, 404]
POISON = FLOWER.replace(b"5.1", b"5.123456")


def stream(stack: Stack, *values: bytes) -> None:
    """Write records, each with its number as key."""
    broker.create_topics(stack.servers, "iris", 2)
    stack.write(Message("iris.requests", str(number).encode(), value, []) for number, value in enumerate(values))


def finished(stack: Stack, judge: Judge, **overrides: object) -> list[DeadLetter]:
    """Let the consumer work behind a proxy until every record has its outcome, and give the dead letters."""
    with proxy(stack.settings.api_url, judge) as url:
        stack.consume("consumer", api_url=url, **overrides)
        wait_until(lambda: not stack.summary().missing, "an outcome for every record", SECONDS)
    return [DeadLetter.read(record) for record in broker.read_topic(stack.servers, "iris.dead-letters")]


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (500, 3)])
def test_a_record_that_spoils_every_batch_it_is_in_is_found_and_dies_alone(
    stack: Stack, status: int, tries: int
) -> None:
    stack.use_shared_api()
    stream(stack, *[FLOWER] * 70, POISON, *[FLOWER] * 29)
    (letter,) = finished(stack, lambda body: (status, {}) if b"5.123456" in body else None)
    assert (letter.record.key, letter.record.value, letter.reason) == (b"70", POISON, "rejected")
    assert letter.attempts > tries
    assert stack.summary().predicted == 99


def test_a_batch_that_is_too_large_for_the_api_is_halved_and_only_a_record_that_is_itself_dies(stack: Stack) -> None:
    stack.start_api(api_max_body_bytes=1_000)
    stream(stack, *[FLOWER] * 50, FLOWER + b" " * 1_000, *[FLOWER] * 49)
    (letter,) = finished(stack, lambda body: None)
    assert (letter.record.key, letter.reason) == (b"50", "too_large")
    assert stack.summary().predicted == 99


def test_what_is_not_the_records_fault_is_waited_out_as_long_as_the_api_asks(stack: Stack) -> None:
    stack.use_shared_api()
    stream(stack, *[FLOWER] * len(OUTAGES))
    asked: list[float] = []

    def judge(body: bytes) -> tuple[int, dict[str, str]] | None:
        """Refuse each request once."""
        asked.append(time.monotonic())
        return (OUTAGES[len(asked) // 2], {"Retry-After": "1"}) if len(asked) % 2 else None

    assert finished(stack, judge, consumer_batch_records=1) == []
    assert len(asked) == 2 * len(OUTAGES)
    assert all(again - refused >= 1 for refused, again in zip(asked[::2], asked[1::2], strict=True))
    assert (stack.summary().predicted, stack.summary().duplicates) == (len(OUTAGES), 0)
    assert stack.log("consumer").read_text().count("the lane waits for the api") == len(OUTAGES)

"""A thousand records, a tenth of them bad in every way there is: each is told apart, and every other is predicted."""

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka
import pytest

from embedded.processes import end, python
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.dead_letters import DeadLetter
from petalstream.messages import Headers
from petalstream.settings import Delivery
from tests.chaos.conftest import Chaos
from tests.stack import FLOWER, Stack, ways

pytestmark = pytest.mark.timeout(600)
RECORDS, BAD = 1_000, 100


@dataclass(frozen=True)
class Sent:
    """A record to send; `reason` is why it must become a dead letter, None where it must be predicted."""

    value: bytes | None
    reason: str | None = None
    model: str = "iris"
    key: bytes | None = b"flower"
    headers: list[tuple[str, str | bytes | None]] = dataclasses.field(default_factory=list)


def flower(**changes: object) -> bytes:
    """A flower as JSON, with some features changed."""
    return json.dumps({**json.loads(FLOWER), **changes}).encode()


STRUCTURED: tuple[str, str | bytes | None] = ("content-type", b"application/cloudevents+json")
WAYS = [
    Sent(b"\xff\xfe\x00", "undecodable"),
    Sent(b'{"sepal_length": 5.1', "undecodable"),
    Sent(b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "undecodable"),
    Sent(b"", "undecodable"),
    Sent(b"[5.1, 3.5, 1.4, 0.2]", "not_an_object"),
    Sent(b"null", "not_an_object"),
    Sent(b'{"sepal_length": 5.1}', "missing_feature"),
    Sent(flower(colour="blue"), "unknown_feature"),
    Sent(flower(petal_width="0.2"), "wrong_type"),
    Sent(flower(petal_width=None), "wrong_type"),
    Sent(flower(petal_width=float("nan")), "not_finite"),
    Sent(FLOWER.replace(b"0.2", b"1e999"), "not_finite"),
    Sent(flower(petal_width=-0.1), "out_of_range"),
    Sent(b'{"specversion": "1.0"}', "invalid_event", headers=[STRUCTURED]),
    Sent(FLOWER + b" " * 300_000, "too_large"),
    Sent(None, "tombstone"),
    Sent(None, "tombstone", key=None),
    Sent(None, "tombstone", headers=[("trace", None), ("colour", b"\xff")]),
    Sent(FLOWER, "unknown_model", model="rose"),
]
# None of these is a fault: no key, a null header, bytes in a header, a value beyond the training range, spaces,
# a byte order mark, a structured event.
HARMLESS = [
    Sent(FLOWER),
    Sent(FLOWER, key=None),
    Sent(FLOWER, headers=[("trace", None), ("expected", None)]),
    Sent(FLOWER, headers=[("expected", b"\xff\xfe"), ("traceparent", b"\xff")]),
    Sent(flower(petal_width=99)),
    Sent(b"\n" + FLOWER + b"\t"),
    Sent(b"\xef\xbb\xbf" + FLOWER),
    Sent(b'{"specversion": "1.0", "data": ' + FLOWER + b"}", headers=[STRUCTURED]),
]


def send(stack: Stack, records: list[Sent]) -> dict[tuple[str, int, int], Sent]:
    """Write records with a client that can write them all, and say where the broker put each."""
    for model in {record.model for record in records}:
        broker.create_topics(stack.servers, model, stack.settings.topic_partitions)
    placed: dict[tuple[str, int, int], Sent] = {}

    def noting(record: Sent) -> Callable[[object, confluent_kafka.Message], None]:
        def note(error: object, message: confluent_kafka.Message) -> None:
            assert error is None
            placed[str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)] = record

        return note

    producer = confluent_kafka.Producer({"bootstrap.servers": stack.servers, "acks": "all"})
    for record in records:
        topic, headers = f"{record.model}.requests", list(record.headers)
        producer.produce(topic, record.value, record.key, headers=headers, on_delivery=noting(record))
        producer.poll(0)
    assert producer.flush(30) == 0
    return placed


def dead_letters(stack: Stack) -> dict[tuple[str, int, int], DeadLetter]:
    """Every dead letter of both models, by the place of its request."""
    read = [
        DeadLetter.read(record)
        for model in ("iris", "rose")
        for record in broker.read_topic(stack.servers, f"{model}.dead-letters")
    ]
    return {(letter.topic, letter.partition, letter.offset): letter for letter in read}


def outcomes(stack: Stack) -> int:
    """How many predictions and dead letters there are."""
    topics = [f"{model}.{kind}" for model in ("iris", "rose") for kind in ("predictions", "dead-letters")]
    return sum(len(list(broker.read_topic(stack.servers, topic))) for topic in topics)


def writable(headers: list[tuple[str, str | bytes | None]]) -> Headers:
    """The headers with null as empty."""
    return [(name, value if isinstance(value, bytes) else b"") for name, value in headers]


@ways(short=Delivery.AT_LEAST_ONCE, confluent=Delivery.AT_LEAST_ONCE)
def test_each_bad_record_is_told_apart_each_good_one_predicted_and_what_was_mended_is_replayed(
    chaos: Chaos, delivery: str
) -> None:
    stack = chaos.stack
    records = [chaos.chance.choice(HARMLESS) for _ in range(RECORDS - BAD)]
    records += (WAYS * BAD)[:BAD]
    chaos.chance.shuffle(records)
    stack.use_shared_api()
    # A record of an unknown model waits otherwise.
    consumer = stack.consume(delivery=delivery, consumer_give_up_seconds=1, consumer_models="iris,rose")
    placed = send(stack, records)
    wait_until(lambda: outcomes(stack) >= RECORDS, "an outcome for each of 1,000 records", 60)

    found = dead_letters(stack)
    assert {place: letter.reason for place, letter in found.items()} == {
        place: record.reason for place, record in placed.items() if record.reason
    }
    for place, letter in found.items():
        sent = placed[place]
        assert (letter.record.key, letter.record.value or b"") == (sent.key, sent.value or b"")
        assert letter.headers == writable(sent.headers)
        assert ("value" in letter.emptied) == (sent.key is None)
        assert ("header trace" in letter.emptied) == (("trace", None) in sent.headers)
    summary = chaos.reconcile()
    assert summary.duplicates == 0
    assert (summary.predicted, outcomes(stack)) == (RECORDS - BAD, RECORDS)
    chaos.note(
        ", ".join(f"{count} {reason}" for reason, count in Counter(letter.reason for letter in found.values()).items())
    )

    # The mend: the second model is published, and records of that size are taken.
    models = publish_rose(stack)
    end(consumer.process)
    stack.start_api(models_dir=models)
    stack.consume(delivery=delivery, record_max_bytes=900_000)
    mended = [letter for letter in found.values() if letter.reason in ("too_large", "unknown_model")]
    replay = python("services.consumer.tools", "dead-letters", "replay", "--reason", "too_large")
    stack.processes.run("replay", [*replay, "--reason", "unknown_model"], stack.environment(), 60, stack.log("replay"))
    wait_until(lambda: outcomes(stack) >= RECORDS + len(mended), "an outcome for each replayed record", 60)
    assert dead_letters(stack) == found
    replayed = [
        *broker.read_topic(stack.servers, "rose.predictions"),
        *broker.read_topic(stack.servers, "iris.predictions"),
    ]
    assert len(replayed) == RECORDS - BAD + len(mended)


def publish_rose(stack: Stack) -> Path:
    """A models folder of this test's own, where Iris stands under another name too."""
    models = stack.folder / "models"
    for name in ("iris", "rose"):
        shutil.copytree(stack.settings.models_dir / "iris", models / name)
    for path in (models / "rose").glob("*/manifest.json"):
        path.write_text(path.read_text().replace('"model": "iris"', '"model": "rose"'))
    return models

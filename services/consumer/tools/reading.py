"""Reads the dead letters of a model from the broker, one after the other; nothing in a topic can stop it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

from petalstream import broker
from petalstream.broker import UnreadableRecords
from petalstream.dead_letters import DeadLetter
from petalstream.messages import MODEL_NAME, ReceivedRecord, dead_letters_topic
from petalstream.reasons import Reason

TOPICS = MODEL_NAME.pattern + re.escape(dead_letters_topic(""))
ReadTopic = Callable[[str, str, Mapping[int, int]], Iterator[ReceivedRecord]]


@dataclass(frozen=True)
class Found:
    """A place in a dead-letters topic; `letter` is None where there is no dead letter of ours, or nothing readable."""

    partition: int
    offset: int
    letter: DeadLetter | None


def model_of_dead_letters(topic: str) -> str:
    """The model whose dead letters are in `topic`."""
    return topic.removesuffix(dead_letters_topic(""))


def ends(servers: str, group: str, models: Sequence[str]) -> dict[str, dict[int, int]]:
    """Of each model with a dead-letters topic, or of `models`, where its partitions end now. Raises KafkaError.

    A model without such a topic raises click.BadParameter.
    """
    found: dict[str, dict[int, int]] = {}
    for lag in broker.lags(servers, group, TOPICS):
        found.setdefault(model_of_dead_letters(lag.topic), {})[lag.partition] = lag.end
    for model in models:
        if model not in found:
            known = ", ".join(found) or "none yet"
            raise click.BadParameter(
                f"{model!r} has no dead letters; models that have a topic: {known}", param_hint="--model"
            )
    return {model: found[model] for model in models or found}


def dead_letters(
    servers: str, model: str, ends: Mapping[int, int], begin: Mapping[int, int], read: ReadTopic = broker.read_topic
) -> Iterator[Found]:
    """All that is in the model's dead letters from `begin` to `ends`, in order within each partition.

    Raises TimeoutError, KafkaError.
    """
    topic, position = dead_letters_topic(model), dict(begin)
    while True:
        try:
            for record in read(servers, topic, position):
                position[record.partition] = record.offset + 1
                if record.offset < ends.get(record.partition, 0):
                    yield Found(record.partition, record.offset, _read(record))
            return
        except UnreadableRecords as error:
            position[error.partition] = error.next
            if error.first < ends.get(error.partition, 0):
                yield Found(error.partition, error.next - 1, None)


def _read(record: ReceivedRecord) -> DeadLetter | None:
    """The dead letter in a record; None where it is none of ours, so where its reason is none that is known here."""
    try:
        letter = DeadLetter.read(record)
        Reason(letter.reason)
    except ValueError:
        return None
    return letter

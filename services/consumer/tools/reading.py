"""Reads the dead letters of a model from the broker, one after the other; nothing in a topic can stop it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

from petalstream.broker import TopicReader, UnreadableRecords
from petalstream.dead_letters import DeadLetter
from petalstream.messages import MODEL_NAME, ReceivedRecord, dead_letters_topic
from petalstream.reasons import Reason

TOPICS = re.compile(MODEL_NAME.pattern + re.escape(dead_letters_topic("")))
ReadTopic = Callable[[str, Mapping[int, int]], Iterator[ReceivedRecord]]


@dataclass(frozen=True)
class Found:
    """An offset of a dead-letters topic; `letter` is None if there is no dead letter of ours, or nothing readable."""

    partition: int
    offset: int
    letter: DeadLetter | None


def model_of_dead_letters(topic: str) -> str:
    """Return the model whose dead letters are in `topic`."""
    return topic.removesuffix(dead_letters_topic(""))


def models(reader: TopicReader, named: Sequence[str]) -> Sequence[str]:
    """Return `named`, or else each model that has a dead-letters topic. Raises KafkaError.

    A named model without such a topic raises click.BadParameter.
    """
    found = [model_of_dead_letters(topic) for topic in reader.topics(TOPICS)]
    for model in named:
        if model not in found:
            known = ", ".join(found) or "none yet"
            raise click.BadParameter(
                f"{model!r} has no dead letters; models that have a topic: {known}", param_hint="--model"
            )
    return list(dict.fromkeys(named)) or found


def dead_letters(read: ReadTopic, model: str, ends: Mapping[int, int], begin: Mapping[int, int]) -> Iterator[Found]:
    """Yield all that is in the model's dead letters from `begin` to `ends`, in order within each partition.

    `read` is TopicReader.read. Raises TimeoutError, KafkaError.
    """
    topic, position = dead_letters_topic(model), dict(begin)
    while True:
        try:
            for record in read(topic, position):
                position[record.partition] = record.offset + 1
                if record.offset < ends.get(record.partition, 0):
                    yield Found(record.partition, record.offset, _read(record))
            return
        except UnreadableRecords as error:
            position[error.partition] = error.next
            if error.first < ends.get(error.partition, 0):
                yield Found(error.partition, error.next - 1, None)


def _read(record: ReceivedRecord) -> DeadLetter | None:
    """Return the dead letter in a record; None if it is none of ours, as one with an unknown reason."""
    try:
        letter = DeadLetter.read(record)
        Reason(letter.reason)
    except ValueError:
        return None
    return letter

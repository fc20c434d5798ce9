"""What the broker says of topics and of the consumer's group, asked for every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from petalstream.broker import Partition
from petalstream.messages import dead_letters_topic, predictions_topic, requests_topic


class Bounds(NamedTuple):
    """The first offset of a partition, the one up to which no transaction is open, and the end."""

    begin: int
    stable: int
    end: int


@dataclass(frozen=True)
class TopicFacts:
    """The id of a topic, and the bounds of each partition."""

    topic_id: str
    partitions: Mapping[int, Bounds]


@dataclass(frozen=True)
class Facts:
    """Asked for between `began` and later, by time.monotonic(): first what the group has committed, then the topics."""

    began: float = float("-inf")
    committed: Mapping[Partition, int] = field(default_factory=dict)
    topics: Mapping[str, TopicFacts] = field(default_factory=dict)

    def topics_of(self, model: str) -> dict[str, TopicFacts]:
        """Return the topics of a model that exist: of its requests, its predictions and its dead letters."""
        names = (requests_topic(model), predictions_topic(model), dead_letters_topic(model))
        return {name: self.topics[name] for name in names if name in self.topics}

    def committed_of(self, model: str) -> dict[int, int]:
        """Return the committed offset of each partition of a model's requests."""
        topic = requests_topic(model)
        return {partition.number: offset for partition, offset in self.committed.items() if partition.topic == topic}

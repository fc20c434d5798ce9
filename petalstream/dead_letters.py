"""The records that were not scored: written beside the reason, read for an operator, and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from petalstream.messages import (
    Headers,
    Message,
    ReceivedRecord,
    coordinates,
    dead_letters_topic,
    model_of,
    outcome_partition,
)
from petalstream.reasons import Fault

# Below the 2 MiB of the topic, with room for the record's own framing.
MOST_BYTES = 2 * 1024 * 1024 - 4096
MESSAGE_BYTES = 1000
FIRST_HEADER, EMPTIED, REPLAYS = "dead_letter_reason", "dead_letter_emptied", "replay_count"
VALUE = "value"  # stands first in EMPTIED
BARE = [VALUE, "key", "headers"]


def write_dead_letter(record: ReceivedRecord, fault: Fault, attempts: int, bare: bool = False) -> Message:
    """The dead letter of `record`: its key, bytes and headers untouched, and then the headers that say why.

    `attempts` counts how often the api was asked with it. What no client can write, or no topic would take, is written
    empty and named in the header `dead_letter_emptied`: null headers, key and value both null, more than MOST_BYTES;
    a `bare` dead letter has none of the request's own.
    """
    emptied = [f"header {name}" for name, value in record.headers if value is None]
    own = [(name, value or b"") for name, value in record.headers]
    message = Message(dead_letters_topic(model_of(record.topic)), record.key, record.value, own)
    if bare or message.size > MOST_BYTES:
        message, emptied = Message(message.topic, None, b"", []), BARE
    elif record.key is None and record.value is None:
        message, emptied = message._replace(value=b""), [VALUE, *emptied]
    headers = message.headers + _explained(record, fault, attempts, emptied)
    return message._replace(headers=headers, partition=outcome_partition(record, message.key))


def is_bare(message: Message) -> bool:
    """Return whether a dead letter has nothing of its record but what its own headers say."""
    return (EMPTIED, ", ".join(BARE).encode()) in message.headers


def _explained(record: ReceivedRecord, fault: Fault, attempts: int, emptied: Sequence[str]) -> Headers:
    explained = {
        FIRST_HEADER: fault.reason,
        "dead_letter_message": fault.message,
        "dead_letter_topic": record.topic,
        "dead_letter_partition": str(record.partition),
        "dead_letter_offset": str(record.offset),
        "dead_letter_timestamp": str(record.timestamp),
        "dead_letter_attempts": str(attempts),
    }
    if emptied:
        explained[EMPTIED] = ", ".join(emptied)
    return [(name, text.encode(errors="replace")[:MESSAGE_BYTES]) for name, text in explained.items()]


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter, read: where the request was, when it was sent (milliseconds since 1970), and why it is here.

    `headers` are the request's own; `emptied` names what could not be written, and is empty where all of it was.
    """

    record: ReceivedRecord
    reason: str
    message: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    attempts: int
    emptied: str
    headers: Headers

    @classmethod
    def read(cls, record: ReceivedRecord) -> Self:
        """Read a record of a `<model>.dead-letters` topic. Raises ValueError where it is none of ours."""
        headers = [(name, value or b"") for name, value in record.headers]
        names = [name for name, _ in headers]
        if FIRST_HEADER not in names:
            raise ValueError(f"{coordinates(record)} has no header {FIRST_HEADER}")
        # The last one: the request may have had headers of these names itself, as a replayed record of another tool.
        first = len(names) - 1 - names[::-1].index(FIRST_HEADER)
        said = {name: value.decode(errors="replace") for name, value in headers[first:]}
        try:
            return cls(
                record,
                said[FIRST_HEADER],
                said["dead_letter_message"],
                said["dead_letter_topic"],
                int(said["dead_letter_partition"]),
                int(said["dead_letter_offset"]),
                int(said["dead_letter_timestamp"]),
                int(said["dead_letter_attempts"]),
                said.get(EMPTIED, ""),
                headers[:first],
            )
        except KeyError as error:
            raise ValueError(f"{coordinates(record)} has no header {error.args[0]}") from error

    @property
    def replayable(self) -> bool:
        """Whether the request's key and value are all here, and not null both; null headers come back empty."""
        is_null = self.record.key is None and self.record.value is None
        return not is_null and self.emptied.split(", ")[0] != VALUE

    @property
    def replays(self) -> int:
        """Return how often the request was replayed, by its header; 0 if it has none that is a number."""
        counts = [int(value) for name, value in self.headers if name == REPLAYS and value.isdigit() and len(value) < 7]
        return max(counts, default=0)

    def replay(self) -> Message:
        """The request again, with its own key and headers, and with how often it was replayed."""
        own = [(name, value) for name, value in self.headers if name != REPLAYS]
        again = (REPLAYS, str(self.replays + 1).encode())
        return Message(self.topic, self.record.key, self.record.value, [*own, again])

"""What an operator does: the command line beside the consumer, and a group's offsets."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing

from kafka import OffsetAndMetadata, TopicPartition

from embedded.processes import ROOT, python
from petalstream import broker
from petalstream.broker.kafka_python.clients import new_reader
from petalstream.dead_letters import write_dead_letter
from petalstream.messages import Headers
from petalstream.reasons import Fault, Reason
from tests.records import Record
from tests.stack import Stack


def tools(stack: Stack, *arguments: str, exit_code: int = 0) -> str:
    """What a command prints; on standard error where it should fail."""
    command = python("services.consumer.tools", *arguments)
    ran = subprocess.run(command, cwd=ROOT, env=stack.environment(), capture_output=True, text=True, timeout=60)
    print(" ".join(arguments), ran.stdout, ran.stderr, sep="\n")
    assert ran.returncode == exit_code
    if exit_code == 0:
        assert ran.stderr == ""
    return ran.stderr if exit_code else ran.stdout


def replay(stack: Stack, *arguments: str) -> str:
    """The line in which a replay sums itself up."""
    return tools(stack, "dead-letters", "replay", *arguments).splitlines()[-1]


def bury(stack: Stack, reasons: Sequence[Reason], value: bytes | None = b"{}", headers: Headers | None = None) -> None:
    """Write a dead letter of Iris for each of `reasons`, all in partition 0 and with their numbers as keys."""
    broker.create_topics(stack.servers, "iris", 1)
    records = [
        Record(offset=number, key=str(number).encode(), value=value, headers=headers or [])
        for number in range(len(reasons))
    ]
    faults = [Fault(reason, f"it is {reason}") for reason in reasons]
    stack.write([write_dead_letter(record, fault, 1) for record, fault in zip(records, faults, strict=True)])


def replayed(stack: Stack) -> list[str]:
    """The keys of Iris' requests, in order."""
    return [(record.key or b"").decode() for record in broker.read_topic(stack.servers, "iris.requests")]


def lag(stack: Stack) -> list[dict[str, str]]:
    """The rows of the table of lags by heading; the last one is the total."""
    heading, *lines = tools(stack, "lag").splitlines()
    names = heading.replace("seconds behind", "seconds").split()
    rows = [dict(zip(names, line.split(), strict=False)) for line in lines if line.startswith(("iris", "rose"))]
    (total,) = [line.split() for line in lines if line.startswith("total ")]
    return [*rows, dict(zip(("topic", "lag", "blocked"), total, strict=True))]


def commit(stack: Stack, group: str, topic: str, offsets: Mapping[int, int]) -> None:
    """Commit an offset for each partition of `topic` given, in a `group` without members."""
    committed = {TopicPartition(topic, number): OffsetAndMetadata(offset) for number, offset in offsets.items()}
    with closing(new_reader(stack.servers, group)) as client:
        client.assign(list(committed))
        client.commit(committed, timeout_ms=30_000)

"""What the scenarios share: numbered records, how far the stream is, and who is a member of the group."""

from collections.abc import Iterable
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from tests.stack import FLOWER, Stack

SECONDS = 120


def numbered(count: int, first: int = 0) -> list[Message]:
    """Requests to Iris with their numbers as keys."""
    return [Message("iris.requests", str(number).encode(), FLOWER, []) for number in range(first, first + count)]


def write(stack: Stack, messages: Iterable[Message]) -> None:
    """Write requests to Iris, whose topics need not be there yet."""
    broker.create_topics(stack.servers, "iris", stack.settings.topic_partitions)
    stack.write(messages)


def write_on(stack: Stack, written: int, ahead: int) -> int:
    """Write more numbered requests where fewer than `ahead` are left of those `written`; how many there are then."""
    more = max(0, committed(stack) + ahead - written)
    stack.write(numbered(more, written))
    return written + more


def committed(stack: Stack) -> int:
    """How many requests to Iris the group has committed."""
    lags = broker.lags(stack.servers, stack.settings.consumer_group, r"iris\.requests")
    return sum(lag.committed or 0 for lag in lags)


def reached(stack: Stack, count: int, seconds: float = SECONDS) -> None:
    """Wait until so many requests are committed. Raises TimeoutError, with how far each partition is."""
    try:
        wait_until(lambda: committed(stack) >= count, f"{count} committed requests", seconds)
    except TimeoutError as error:
        lags = broker.lags(stack.servers, stack.settings.consumer_group, r"iris\.requests")
        raise TimeoutError("\n".join(map(str, [error, *lags]))) from None


@dataclass(frozen=True)
class Member:
    """A member of the group: the id that the broker gave it when it joined, and its partitions of one topic."""

    id: str
    partitions: frozenset[int]


def members(stack: Stack, requests: str = "iris.requests") -> dict[str, Member]:
    """The group's members, by the instance ids of the consumers; none before the group has a coordinator."""
    admin = KafkaAdminClient(bootstrap_servers=stack.servers)
    try:
        group = admin.describe_groups([stack.settings.consumer_group])[stack.settings.consumer_group]
    except CoordinatorNotAvailableError:
        return {}
    finally:
        admin.close()
    found = {}
    for member in group["members"]:
        assigned = member["member_assignment"]["assigned_partitions"] if member["member_assignment"] else []
        own = [number for topic in assigned if topic["topic"] == requests for number in topic["partitions"]]
        found[member["group_instance_id"]] = Member(member["member_id"], frozenset(own))
    return found


def owners(stack: Stack, names: Iterable[str], seconds: float, requests: str = "iris.requests") -> None:
    """Wait until just these consumers are the group's members and share all partitions of a topic, each having some."""

    def shared() -> bool:
        found = members(stack, requests)
        owned = sorted(number for member in found.values() for number in member.partitions)
        return (
            found.keys() == set(names)
            and all(member.partitions for member in found.values())
            and owned == list(range(stack.settings.topic_partitions))
        )

    wait_until(shared, f"all partitions to be owned by {', '.join(names)}", seconds)

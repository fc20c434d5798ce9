"""Workarounds for defects of kafka-python 3.0.12 in members of a group; each changes private parts of the client."""

from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer
from kafka.coordinator.base import MemberState
from kafka.errors import FencedInstanceIdError

# A poll waits for so long until a join has ended.
JOIN_MS = 20
# The broker makes a member's id from its instance id, a hyphen and a UUID.
UUID_LENGTH = 36


def work_around_group(consumer: KafkaConsumer) -> None:
    """Apply the workarounds of this file to the consumer."""
    _keep_assignments(consumer._coordinator)
    _take_finished_joins(consumer._coordinator)
    _raise_fencing(consumer._coordinator)
    _read_on_while_joining(consumer._coordinator)
    _forget_late_offsets(consumer._coordinator)
    _lead_again(consumer._coordinator)


def _keep_assignments(coordinator: Any) -> None:
    """Have a consumer join again when a poll ran out of time while it was joining.

    The client continues the join in the background. If it was for a new topic or partition, the next poll sees no
    reason to rejoin and ignores the result of the join, so that the consumer never gets partitions.
    """
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: coordinator._join_task is not None or needed()


def _take_finished_joins(coordinator: Any) -> None:
    """Take the result of a join that finished between two polls.

    The client joins again instead, which makes all members of the group join again too. With short polls, two consumers
    that start together can repeat this for half a minute.
    """
    join_group, join_and_sync = coordinator.join_group_async, coordinator._do_join_and_sync_async
    finished: Any = None

    async def join_or_take(timeout_ms: float | None = None) -> Any:
        nonlocal finished
        task = coordinator._join_task
        finished = task if task is not None and task.is_done else None
        return await join_group(timeout_ms)

    async def take_or_join_and_sync() -> Any:
        nonlocal finished
        task, finished = finished, None
        if task is not None and task.exception:
            raise task.exception
        # Any other state means that the member has left the group since.
        if task is not None and coordinator.state is MemberState.REBALANCING:
            return task.value
        return await join_and_sync()

    coordinator.join_group_async = join_or_take
    coordinator._do_join_and_sync_async = take_or_join_and_sync


def _raise_fencing(coordinator: Any) -> None:
    """Raise from a poll that another consumer has joined with the same instance id.

    The client only stops its heartbeats, and returns records that are the other consumer's by now.
    """
    handle, poll = coordinator._handle_heartbeat_response, coordinator.poll
    fencing: FencedInstanceIdError | None = None

    def handle_and_keep(*call: Any) -> Any:
        nonlocal fencing
        try:
            return handle(*call)
        except FencedInstanceIdError as error:
            fencing = error
            raise

    def poll_or_raise(*call: Any, **named: Any) -> Any:
        if fencing:
            raise FencedInstanceIdError(*fencing.args)
        return poll(*call, **named)

    coordinator._handle_heartbeat_response, coordinator.poll = handle_and_keep, poll_or_raise


def _read_on_while_joining(coordinator: Any) -> None:
    """Return the records of the assigned partitions while the group is rebalanced, as Java's client does.

    The client returns none until all members have joined, which they learn by their next heartbeat.
    """
    poll = coordinator.poll

    def poll_and_read_on(timeout_ms: float | None = None) -> bool:
        if not coordinator.need_rejoin():
            return bool(poll(timeout_ms=timeout_ms))
        brief = JOIN_MS if timeout_ms is None else min(JOIN_MS, timeout_ms)
        return bool(poll(timeout_ms=brief)) or coordinator._join_task is not None

    coordinator.poll = poll_and_read_on


def _forget_late_offsets(coordinator: Any) -> None:
    """Ask the broker anew for committed offsets after a look-up that ended in a timeout.

    The client keeps the late response, and returns it at the next look-up, however much later that is.
    """
    fetch = coordinator.fetch_committed_offsets_async

    async def fetch_and_forget(partitions: Any, timeout_ms: float | None = None) -> Any:
        try:
            return await fetch(partitions, timeout_ms)
        finally:
            coordinator._offset_fetch_futures.pop(frozenset(partitions), None)

    coordinator.fetch_committed_offsets_async = fetch_and_forget


def _lead_again(coordinator: Any) -> None:
    """Join once more if the broker takes this member for the group's leader without saying so.

    A leader that is back within its session gets its old assignment, and its former id as that of the leader. No member
    then assigns topics and partitions that are new. Java's client is told by the broker (KIP-814).
    """
    needed, process = coordinator.need_rejoin, coordinator._process_join_group_response
    leads_unawares = False

    def process_and_note(response: Any, *others: Any) -> Any:
        nonlocal leads_unawares
        processed = process(response, *others)
        is_own = response.leader[:-UUID_LENGTH] == f"{coordinator.group_instance_id}-"
        leads_unawares = is_own and response.leader != response.member_id
        return processed

    coordinator._process_join_group_response = process_and_note
    coordinator.need_rejoin = lambda: leads_unawares or needed()


def join_only_if(consumer: KafkaConsumer, is_allowed: Callable[[], bool]) -> None:
    """Have the consumer join its group again only while `is_allowed`.

    The client joins again inside of the poll that revokes partitions, and so gives them to another consumer before the
    poll returns.
    """
    coordinator = consumer._coordinator
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: is_allowed() and needed()

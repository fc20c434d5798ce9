"""Workarounds for defects of kafka-python 3.0.12 in consumers; each changes private parts of the client."""

from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.coordinator.base import MemberState
from kafka.errors import CorruptRecordError, FencedInstanceIdError, KafkaTimeoutError

from petalstream.broker.errors import UnreadableRecords, UnsupportedCodecError


def work_around(consumer: KafkaConsumer) -> KafkaConsumer:
    """Return the consumer with the workarounds of this file."""
    _keep_assignments(consumer._coordinator)
    _take_finished_joins(consumer._coordinator)
    _raise_fencing(consumer._coordinator)
    _read_again_after_a_rebalance(consumer._subscription)
    _name_coordinates(consumer._fetcher)
    _clear_tracebacks(consumer._fetcher._net)
    _return_parked_records(consumer._fetcher)
    consumer._fetcher.PartitionRecords = _Records
    return consumer


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


def _read_again_after_a_rebalance(subscription: Any) -> None:
    """Read every partition from its committed offset after a rebalance, as Java's client does with this assignor.

    The client goes on where it was in a partition that it keeps. Records that were polled before the rebalance and have
    no outcome, which the consumer then drops, would be lost.
    """
    assign = subscription.assign_from_subscribed

    def assign_anew(assignments: Any) -> None:
        assign([])
        assign(assignments)

    subscription.assign_from_subscribed = assign_anew


def _name_coordinates(fetcher: Any) -> None:
    """Raise a broker's CORRUPT_MESSAGE with topic, partition and offset, which the client leaves out."""
    parse = fetcher._parse_fetched_data

    def parse_with_coordinates(completed: Any) -> Any:
        try:
            return parse(completed)
        except CorruptRecordError as error:
            (topic, partition), first = completed.topic_partition, completed.fetched_offset
            raise UnreadableRecords(topic, partition, first, first + 1, error) from error

    fetcher._parse_fetched_data = parse_with_coordinates


def _clear_tracebacks(net: Any) -> None:
    """Clear the traceback of a poll timeout.

    The client keeps the error as long as a fetch is in flight, and with its frames all that their callers refer to,
    such as a batch of records.
    """
    run = net.run

    def run_and_clear(*call: Any) -> Any:
        try:
            return run(*call)
        except KafkaTimeoutError as error:
            error.__traceback__ = None
            raise KafkaTimeoutError(*error.args) from None

    net.run = run_and_clear


def _return_parked_records(fetcher: Any) -> None:
    """Return the fetched records of a partition that was resumed.

    The client parks records of a paused partition. It takes them up again only if no other partition was read before,
    and neither returns them nor fetches them again otherwise. Here they change places with those that are being read.
    """
    fetched_records, parked = fetcher.fetched_records, fetcher._paused_partition_records

    def fetched_with_parked_records(*call: Any, **named: Any) -> Any:
        resumed = next((place for place in parked if not fetcher._subscriptions.is_paused(place)), None)
        if resumed is not None:
            current, fetcher._next_partition_records = fetcher._next_partition_records, parked.pop(resumed)
            if current:
                parked[current.topic_partition] = current
        return fetched_records(*call, **named)

    fetcher.fetched_records = fetched_with_parked_records


class _Records(Fetcher.PartitionRecords):  # type: ignore[misc]
    """The fetched records of one partition; unreadable bytes raise UnreadableRecords with the range of offsets.

    The client's own class raises no offsets, and then poll() loops forever over the records that it cannot read. If the
    partition is paused at that moment, it forgets the error and loops later.
    """

    _batches: "_Batches"

    def take(self, n: int | None = None) -> list[Any]:
        """Return up to `n` records. Raises UnreadableRecords, after each fetch until the position is past them."""
        try:
            taken: list[Any] = super().take(n)
            return taken
        except UnsupportedCodecError:
            self.drain()  # not corrupt: readable once the codec is installed
            raise
        except Exception as error:
            self.drain()
            topic, partition = self.topic_partition
            first = self.next_fetch_offset
            raise UnreadableRecords(topic, partition, first, self._batches.after(first), error) from error

    def _unpack_records(self, tp: Any, records: Any, *deserializers: Any) -> Any:
        self._batches = _Batches(records, self.fetch_offset)
        return super()._unpack_records(tp, self._batches, *deserializers)


class _Batches:
    """The record batches of a fetch from offset `wanted` on; knows the one that is being unpacked.

    Two fields of a batch, which may both be corrupt, say where it ends; the next batch says where it begins. Offsets
    that belong to the next batch are not skipped, nor are offsets that neither field counts to this one.
    """

    def __init__(self, records: Any, wanted: int) -> None:
        self._records, self._wanted = records, wanted
        self._current: Any = None

    def next_batch(self) -> Any:
        """Return the next batch that may hold a wanted record, None after the last one. The client calls it."""
        self._current = None
        while (batch := self._records.next_batch()) is not None:
            following = self._base_of_next()
            if following is None or following > self._wanted or following <= batch.base_offset:
                break
        self._current = batch
        return batch

    def after(self, offset: int) -> int:
        """Return the offset to read on at if the record at `offset` is unreadable: after its batch, or after itself."""
        following, batch = self._base_of_next(), self._current
        if batch is None or batch.magic != 2:
            return offset + 1
        ends = (batch.next_offset, batch.base_offset + batch.records_count)
        end: int = min(ends) if following is None else min(following, max(ends))
        return max(offset + 1, end)

    def _base_of_next(self) -> int | None:
        """Return the first offset of the next batch: its first eight bytes, also if the fetch cut it off."""
        ahead = self._records._next_slice
        if ahead is None:
            ahead = self._records._buffer[self._records._pos :]
        return int.from_bytes(bytes(ahead[:8]), "big") if len(ahead) >= 8 else None

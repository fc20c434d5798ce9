"""A replay with its clients: what it reads, where it sends, and where it keeps its progress."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click

from petalstream import broker
from petalstream.broker import RECORD_ERRORS, KafkaError
from petalstream.messages import Message, dead_letters_topic
from petalstream.reasons import Reason
from petalstream.settings import Settings
from services.consumer.tools import progress, reading
from services.consumer.tools.progress import Places
from services.consumer.tools.replay import Replay, Tally
from services.consumer.tools.selection import Selection

BOOTSTRAP_SECONDS, DELIVERY_SECONDS, CLOSE_SECONDS = 10, 8, 1
LONG = 1000


def replay(configured: Settings, ends: Mapping[str, Places], selection: Selection, tally: Tally, dry_run: bool) -> None:
    """Replay what `selection` means of each model up to its `ends`. Raises KafkaError, TimeoutError.

    A dry run is one that sends nowhere and keeps no progress.
    """
    servers, group = configured.kafka_bootstrap_servers, configured.consumer_group
    with _delivering(servers, dry_run) as deliver:
        for model, end in ends.items():
            come = progress.load(servers, group, model, selection.reasons)
            begin = {} if selection.again else come.begin()

            def commit(reason: Reason, offsets: Places, model: str = model) -> None:
                if not dry_run:
                    kept_in = progress.replay_group(group, reason)
                    broker.commit_offsets(servers, kept_in, dead_letters_topic(model), offsets)

            found = reading.dead_letters(servers, model, end, begin)
            count = sum(end.values()) - sum(begin.values())
            # Off-terminal click would print the label.
            hidden = count < LONG or not sys.stderr.isatty()
            with click.progressbar(found, count, label=model, file=sys.stderr, hidden=hidden) as shown:
                Replay(selection, come, tally, deliver, commit).run(shown, end)


@contextmanager
def _delivering(servers: str, dry_run: bool) -> Iterator[Callable[[Sequence[Message]], Sequence[KafkaError | None]]]:
    if dry_run:
        yield lambda messages: [None] * len(messages)
        return
    with closing(_Sender(servers)) as sender:
        yield sender.deliver


class _Sender:
    """An idempotent producer that names each message that the broker refuses."""

    def __init__(self, servers: str) -> None:
        self._producer = broker.new_producer(servers, DELIVERY_SECONDS, BOOTSTRAP_SECONDS)

    def deliver(self, messages: Sequence[Message]) -> list[KafkaError | None]:
        """Return the error of each message that the broker did not take, None where it did."""
        errors = self._send(messages)
        for number, error in enumerate(errors):
            # The broker refuses a whole batch for one of its records.
            if isinstance(error, RECORD_ERRORS) and len(messages) > 1:
                (errors[number],) = self._send([messages[number]])
        return errors

    def close(self) -> None:
        """Close the producer."""
        broker.close_producer(self._producer, CLOSE_SECONDS)

    def _send(self, messages: Sequence[Message]) -> list[KafkaError | None]:
        futures: list[Any] = []
        failed: KafkaError | None = None
        for message in messages:
            try:
                futures.append(broker.send(self._producer, message))
            except KafkaError as error:
                failed = error  # and the next ones are not tried: each could wait as long as this one did
                break
        return [_refusal(future) for future in futures] + [failed] * (len(messages) - len(futures))


def _refusal(future: Any) -> KafkaError | None:
    try:
        future.get(timeout=DELIVERY_SECONDS)
    except KafkaError as error:
        return error
    return None

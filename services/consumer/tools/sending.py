"""A replay with its clients: what it reads, where it sends, and where it keeps its progress."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import click

from petalstream import broker
from petalstream.broker import KafkaError
from petalstream.messages import Message, dead_letters_topic
from petalstream.reasons import Reason
from petalstream.settings import Settings
from services.consumer.tools import progress, reading
from services.consumer.tools.progress import Places
from services.consumer.tools.replay import Replay, Tally
from services.consumer.tools.selection import Selection
from services.consumer.tools.sender import Sender

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
    with closing(Sender(servers)) as sender:
        yield sender.deliver

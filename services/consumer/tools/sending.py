"""Replays dead letters with real clients: one reads, one knows the progress, and one for each model writes."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import click

from petalstream.broker import Admin, KafkaError, OffsetsProducer, TopicReader
from petalstream.messages import Message, dead_letters_topic
from petalstream.settings import Settings
from services.consumer.delivery.refused import raise_unless_refused
from services.consumer.delivery.writer import timer
from services.consumer.tools import reading
from services.consumer.tools.progress import Moves, Progress, replay_group
from services.consumer.tools.replay import Refusals, Replay, Tally
from services.consumer.tools.selection import Selection

# Together less than the broker lets a transaction be open.
BOOTSTRAP_SECONDS, DELIVERY_SECONDS, ABORT_SECONDS, CLOSE_SECONDS = 10, 8, 1, 1
LONG = 1000
Write = Callable[[Sequence[Message], Moves], Refusals]


def replay(
    configured: Settings, reader: TopicReader, models: Sequence[str], selection: Selection, tally: Tally, dry_run: bool
) -> None:
    """Replay what `selection` means of each model. Raises KafkaError, TimeoutError, click.ClickException.

    A dry run writes nothing, requests or progress.
    """
    with closing(Admin(configured.kafka_bootstrap_servers)) as admin:
        for model in models:
            with _writing(configured, model, dry_run) as write:
                _replay_model(configured.consumer_group, model, reader, admin, selection, tally, write)


def _replay_model(
    group: str, model: str, reader: TopicReader, admin: Admin, selection: Selection, tally: Tally, write: Write
) -> None:
    # In this order: the producer, then the progress, which no other replay moves any more, then ends that are past it.
    topic, groups = dead_letters_topic(model), {reason: replay_group(group, reason) for reason in selection.reasons}
    committed = admin.stable_commits(topic, groups.values())
    ends = reader.ends(topic)
    progress = Progress({reason: committed[name] for reason, name in groups.items()}, ends)
    begin = {} if selection.again else progress.begin()
    found = reading.dead_letters(reader.read, model, ends, begin)
    count = sum(ends.values()) - sum(begin.values())
    # Off-terminal click would print the label.
    hidden = count < LONG or not sys.stderr.isatty()
    with click.progressbar(found, count, label=model, file=sys.stderr, hidden=hidden) as shown:
        Replay(selection, progress, tally, write).run(shown, ends)


@contextmanager
def _writing(configured: Settings, model: str, dry_run: bool) -> Iterator[Write]:
    if dry_run:
        yield lambda messages, moves: {}
        return
    with closing(_Writer(configured.kafka_bootstrap_servers, configured.consumer_group, model)) as writer:
        yield writer.write


class _Writer:
    """Writes requests and progress of one model in transactions; a second one of the same group ends the first one."""

    def __init__(self, servers: str, group: str, model: str) -> None:
        self._group, self._model = group, model
        self._topic = dead_letters_topic(model)
        # A consumer's lane has an id of three parts too, but no model has a dot in its name.
        name = f"{group}/replay/{self._topic}"
        self._producer = OffsetsProducer(servers, DELIVERY_SECONDS, name, BOOTSTRAP_SECONDS)

    def write(self, messages: Sequence[Message], moves: Moves) -> Refusals:
        """See Replay.write. Raises KafkaError, click.ClickException."""
        try:
            errors = self._attempt(messages, moves)
            return self._first_refused(messages, errors) if errors else {}
        except BaseException as error:
            # Else the consumer waits until the broker ends the transaction.
            with suppress(KafkaError):
                self._producer.abort_transaction(timer(ABORT_SECONDS))
            raise self._explained(error) from None

    def close(self) -> None:
        """Close the producer."""
        self._producer.close(CLOSE_SECONDS)

    def _attempt(self, messages: Sequence[Message], moves: Moves | None) -> Refusals:
        """Write in a transaction and commit it; abort it if a message is refused or `moves` is None.

        Returns the errors of the messages that failed, by index. Raises KafkaError.
        """
        left = timer(DELIVERY_SECONDS)
        self._producer.begin()
        errors = self._producer.write(messages, left)
        raise_unless_refused(errors)
        if errors or moves is None:
            self._producer.abort_transaction(left)
        else:
            offsets = {replay_group(self._group, reason): moved for reason, moved in moves.items()}
            self._producer.commit(self._topic, offsets, left)
        return errors

    def _first_refused(self, messages: Sequence[Message], errors: Refusals) -> Refusals:
        """Return the first message that the broker refuses, by halving: others can fail only because of it."""
        taken, failed = 0, len(messages)
        while failed - taken > 1:
            middle = (taken + failed) // 2
            if found := self._attempt(messages[taken:middle], None):
                failed, errors = middle, {taken + index: error for index, error in found.items()}
            else:
                taken = middle
        return {taken: errors.get(taken) or next(iter(errors.values()))}

    def _explained(self, error: BaseException) -> BaseException:
        """Return an error that says what the operator can do."""
        if self._producer.is_fenced:
            return click.ClickException(
                f"{self._model}: another replay of these dead letters has started and taken over, or this one was"
                " suspended for more than 10 s. Nothing is replayed twice; run it again to replay what is left"
            )
        if isinstance(error, KafkaError):
            return click.ClickException(
                f"{self._model}: {error}. Nothing is replayed twice; run it again to replay what is left"
            )
        return error

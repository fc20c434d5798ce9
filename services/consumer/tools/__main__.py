"""`python -m services.consumer.tools COMMAND`: commands about dead letters, lanes and the consumer's lag."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, TextIO

import click

from petalstream import logs, settings
from petalstream.broker import KafkaError, TopicReader
from petalstream.messages import dead_letters_topic
from petalstream.reasons import Reason
from petalstream.settings import Settings
from services.consumer.tools import asking, lag, lanes, options, reading, reports, sending
from services.consumer.tools.replay import Tally
from services.consumer.tools.selection import OffsetRange, Selection


class _Tools(click.Group):
    """A group of commands that report an error in one line, whatever the operator, the broker or Ctrl-C did."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises what click shows."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            error.ctx = None  # else the usage is printed around the one line that says what is wrong
            raise
        except (KafkaError, TimeoutError) as error:
            servers = ctx.obj.kafka_bootstrap_servers
            raise click.ClickException(f"the broker at {servers} (KAFKA_BOOTSTRAP_SERVERS): {error}") from None
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


@click.group(cls=_Tools, context_settings={"max_content_width": 110})
@click.pass_context
def tools(context: click.Context) -> None:
    """See and replay dead letters, resume paused lanes, and see how far the consumer is behind."""
    configured = settings.load_or_exit("tools")
    logs.configure(configured.log_level)
    context.obj = configured


@tools.group("dead-letters")
def dead_letters() -> None:
    """The requests that could not be scored."""


_models = click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model; may be given again.")


@dead_letters.command("list")
@_models
@click.option(
    "--last", default=5, show_default=True, type=click.IntRange(0, 10_000), metavar="N", help="How many to show."
)
@click.pass_obj
def show(configured: Settings, models: Sequence[str], last: int) -> None:
    """Count the dead letters by reason and show the last ones."""
    with closing(TopicReader(configured.kafka_bootstrap_servers)) as reader:
        found = reading.models(reader, models)
        if not found:
            click.echo("no dead letters: no model has a topic for them yet")
        for number, model in enumerate(found):
            if number:
                click.echo()
            ends = reader.ends(dead_letters_topic(model))
            for line in reports.listing(model, reading.dead_letters(reader.read, model, ends, {}), last):
                click.echo(line)


@dead_letters.command("replay")
@_models
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=options.REASON,
    metavar="REASON",
    help="Only this one; may be given again.",
)
@click.option("--since", type=options.Time(), help="Only dead letters from this time on (UTC).")
@click.option("--until", type=options.Time(), help="Only dead letters before this time (UTC).")
@click.option("--offset", "offsets", multiple=True, type=options.Offsets(), help="Only these, as list shows them.")
@click.option("--again", is_flag=True, help="Also those that were replayed before, however often.")
@click.option("--dry-run", is_flag=True, help="Send nothing; say what would be sent.")
@click.pass_context
def send_again(
    context: click.Context,
    models: Sequence[str],
    reasons: Sequence[str],
    since: int | None,
    until: int | None,
    offsets: Sequence[OffsetRange],
    again: bool,
    dry_run: bool,
) -> None:
    """Send dead letters back to their request topic, each reason from where its last replay ended.

    Each is sent exactly once, however the replay ends; a second replay at the same time takes over from the first. What
    is still bad comes back as a new dead letter, and is replayed DEAD_LETTER_REPLAYS times at most.
    """
    if since is not None and until is not None and since >= until:
        raise click.BadParameter("must be before --until", param_hint="--since")
    configured: Settings = context.obj
    most_replays = 0 if again else configured.dead_letter_replays
    selection = Selection(tuple(map(Reason, reasons)) or tuple(Reason), since, until, offsets, again, most_replays)
    tally = Tally()
    with closing(TopicReader(configured.kafka_bootstrap_servers)) as reader:
        found = reading.models(reader, models)
        if offsets and len(found) > 1:
            raise click.UsageError("--offset is about one topic: name its model with --model")
        try:
            sending.replay(configured, reader, found, selection, tally, dry_run)
        finally:
            for line in reports.summary(tally, dry_run):
                click.echo(line)
            for line in reports.refusals(tally):
                click.echo(line, err=True)
    if tally.refused:
        context.exit(1)


@tools.command("lag")
@click.pass_obj
def show_lag(configured: Settings) -> None:
    """Show how far the consumer is behind in each partition of the requests, and how fast that changes."""
    for line in lag.report(configured.kafka_bootstrap_servers, configured.consumer_group):
        click.echo(line)


@tools.command("lanes")
@click.pass_obj
def show_lanes(configured: Settings) -> None:
    """List the lanes that are paused: model, since when, why."""
    for line in lanes.listing(lanes.paused(configured.kafka_bootstrap_servers, configured.consumer_group)):
        click.echo(line)


@tools.command("resume")
@click.argument("model", required=False)
@click.option("--all", "all_lanes", is_flag=True, help="Every lane that is paused.")
@click.pass_obj
def resume_lanes(configured: Settings, model: str | None, all_lanes: bool) -> None:
    """Resume the paused lane of MODEL in every consumer of the group."""
    for line in lanes.resume(configured.kafka_bootstrap_servers, configured.consumer_group, model, all_lanes):
        click.echo(line)


@tools.command("send", context_settings={"ignore_unknown_options": True})
@click.argument("model")
@click.argument("values", nargs=-1, type=click.UNPROCESSED)
@click.option("--csv", "file", type=click.File(encoding="utf-8-sig"), help="Send the rows of this CSV; - is stdin.")
@click.option("--seconds", default=30.0, show_default=True, help="How long to wait for what comes back.")
@click.pass_obj
def send_rows(configured: Settings, model: str, values: Sequence[str], file: TextIO | None, seconds: float) -> None:
    """Send a row with these VALUES, in the order of the model's features, and print its prediction."""
    features = asking.find_features(configured, model)
    rows = asking.rows_of_csv(features, file.read()) if file else [asking.row_of_values(features, values)]
    for line in asking.ask(configured, model, rows, seconds):
        click.echo(line)


if __name__ == "__main__":
    tools(prog_name="python -m services.consumer.tools")

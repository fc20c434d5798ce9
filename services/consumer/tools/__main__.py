"""`python -m services.consumer.tools COMMAND`: commands about dead letters, lanes and the consumer's lag."""

from collections.abc import Sequence
from typing import Any

import click

from petalstream import broker, logs, settings
from petalstream.broker import KafkaError
from petalstream.messages import REQUEST_TOPICS
from petalstream.reasons import Reason
from petalstream.settings import Settings
from services.consumer.tools import lanes, options, reading, reports, sending
from services.consumer.tools.replay import Tally
from services.consumer.tools.selection import OffsetRange, Selection


class _Tools(click.Group):
    """A group of commands whose errors are told in one line each, whatever the operator, the broker or Ctrl-C did."""

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
    """See and replay dead letters, resume paused lanes, and see how far the consumer has come."""
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
    servers = configured.kafka_bootstrap_servers
    ends = reading.ends(servers, configured.consumer_group, models)
    if not ends:
        click.echo("no dead letters: no model has a topic for them yet")
    for number, model in enumerate(ends):
        if number:
            click.echo()
        found = reading.dead_letters(servers, model, ends[model], {})
        for line in reports.listing(model, found, last):
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
@click.option("--offset", "offsets", multiple=True, type=options.Offsets(), help="Only these places, as list shows.")
@click.option("--again", is_flag=True, help="Also those that an earlier replay has dealt with.")
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

    What is still bad comes back as a new dead letter, so a replay with nothing mended since sends it once more.
    """
    if since is not None and until is not None and since >= until:
        raise click.BadParameter("must be before --until", param_hint="--since")
    configured: Settings = context.obj
    ends = reading.ends(configured.kafka_bootstrap_servers, configured.consumer_group, models)
    if offsets and len(ends) > 1:
        raise click.UsageError("--offset is about one topic: name its model with --model")
    wanted = tuple(map(Reason, reasons)) or tuple(Reason)
    selection = Selection(wanted, since, until, offsets, again)
    tally = Tally()
    try:
        sending.replay(configured, ends, selection, tally, dry_run)
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
    """How far the consumer has come in each partition of the requests."""
    servers, group = configured.kafka_bootstrap_servers, configured.consumer_group
    for line in reports.lags(broker.lags(servers, group, REQUEST_TOPICS.pattern)):
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


if __name__ == "__main__":
    tools(prog_name="python -m services.consumer.tools")

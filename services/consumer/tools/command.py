"""How a command ends: whatever the operator, the broker or Ctrl-C did, at most one line says so."""

from typing import Any

import click

from petalstream.broker import KafkaError


class Tools(click.Group):
    """A group of commands whose errors are told in one line each."""

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

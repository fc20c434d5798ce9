"""`python -m services.trainer [MODEL ...] [--if-changed]`: train and publish; exit code 1 where one could not be."""

import argparse
import logging
import sys

from petalstream import lifecycle, logs, settings
from petalstream.settings import Settings
from services.trainer.dataset import DataError
from services.trainer.definition import DefinitionError, defined_names
from services.trainer.training import TooInaccurate, servable, train, up_to_date

log = logging.getLogger("services.trainer")


def main() -> int:
    """Train the models named on the command line, or all; the exit code.

    One that fails does not stop the others. With --if-changed the stack can go on as long as each model has a bundle
    that the api can serve: only then is a failure no reason for exit code 1.
    """
    names = defined_names()
    parser = argparse.ArgumentParser(prog="trainer", description="Train models and publish them to the models folder.")
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"one of {', '.join(names)}; none means all")
    parser.add_argument("--if-changed", action="store_true", help="keep a bundle that training would only repeat")
    arguments = parser.parse_args()
    for name in arguments.models:
        if name not in names:
            parser.error(f"there is no model {name!r}; services/trainer/models/ has {', '.join(names)}")
    lifecycle.exit_on_sigterm()
    configured = settings.load_or_exit("trainer")
    logs.configure(configured.log_level)
    failed = [name for name in arguments.models or names if not _trained(configured, name, arguments.if_changed)]
    if arguments.if_changed:
        failed = [name for name in failed if not _goes_on(configured, name)]
    return 1 if failed else 0


def _trained(configured: Settings, name: str, if_changed: bool) -> bool:
    """Whether the model is as it should be now."""
    try:
        if if_changed and (served := up_to_date(configured, name)):
            print(f"{name}: version {served.manifest.version} is up to date", flush=True)
            return True
        published = train(configured, name)
    except (DataError, DefinitionError, TooInaccurate, OSError) as error:
        print(f"trainer: {name}: {error}", file=sys.stderr)
        return False
    except Exception:  # an estimator of somebody's file may raise anything, and the other models are to be trained
        log.exception("%s could not be trained", name)
        return False
    print(f"{name}: published version {published.manifest.version} in {published.path}", flush=True)
    return True


def _goes_on(configured: Settings, name: str) -> bool:
    """Whether the model can be served all the same, in the version that it has."""
    if not (served := servable(configured, name)):
        return False
    print(f"trainer: {name}: version {served.manifest.version} goes on serving", file=sys.stderr)
    return True


if __name__ == "__main__":
    sys.exit(main())

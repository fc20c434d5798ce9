"""`python -m services.trainer [MODEL ...] [--if-changed]`: train and publish models; exit code 1 if one failed."""

import argparse
import logging
import sys

from petalstream import lifecycle, logs, settings
from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.trainer.conditions.decisions import Refused
from services.trainer.data.faults import DataError
from services.trainer.definition import DefinitionError
from services.trainer.fitted.errors import FittedError
from services.trainer.models import model_names
from services.trainer.publishing.existing_bundles import find_servable, find_up_to_date
from services.trainer.publishing.history import record_refusal
from services.trainer.publishing.trial import CannotBeServed
from services.trainer.training import train

log = logging.getLogger("services.trainer")


def main() -> int:
    """Train the models that the command line names, or all. Returns the exit code.

    A failure does not stop the other models. With --if-changed it does not fail the command either if the api can serve
    any model, so that the stack starts.
    """
    names = model_names()
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
    failed = [name for name in arguments.models or names if not _train_or_keep(configured, name, arguments.if_changed)]
    if failed and arguments.if_changed and any(find_servable(configured, name) for name in names):
        print(f"trainer: not trained, as said above: {', '.join(failed)}", file=sys.stderr)
        return 0
    return 1 if failed else 0


def _train_or_keep(configured: Settings, name: str, if_changed: bool) -> bool:
    """Train and publish the model; with `if_changed`, keep one that is up to date. Returns False on failure."""
    try:
        if if_changed and (kept := find_up_to_date(configured, name)):
            _print_kept(configured, kept)
            return True
        published = train(configured, name)
    except (DataError, DefinitionError, FittedError, Refused, CannotBeServed, OSError) as error:
        if isinstance(error, Refused | CannotBeServed):
            record_refusal(configured.models_dir / name, str(error))
        _print_failed(configured, name, str(error))
        return False
    except (KeyboardInterrupt, SystemExit):
        _print_failed(configured, name, "stopped")
        raise
    except Exception:  # a user's estimator may raise anything, and must not stop the other models
        log.exception("%s could not be trained", name)
        _print_failed(configured, name, "nothing was published")
        return False
    print(f"{name}: published version {published.manifest.version} in {published.path}", flush=True)
    return True


def _print_kept(configured: Settings, kept: Bundle) -> None:
    name, version = kept.manifest.model, kept.manifest.version
    served = bundle.current_version(configured.models_dir, name)
    rolled_back = f", and version {served} serves since a rollback" if served != version else ""
    print(f"{name}: version {version} is up to date{rolled_back}", flush=True)


def _print_failed(configured: Settings, name: str, what: str) -> None:
    served = find_servable(configured, name)
    # After several lines of faults it has a line of its own.
    between = f"\ntrainer: {name}: " if "\n" in what else "; "
    goes_on = f"{between}version {served.manifest.version} goes on serving" if served else ""
    print(f"trainer: {name}: {what}{goes_on}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m services.trainer [MODEL ...] [--if-changed]`: train and publish; exit code 1 where one could not be."""

import argparse
import sys

from petalstream import lifecycle, logs, settings
from petalstream.settings import Settings
from services.trainer.dataset import DataError
from services.trainer.definition import defined_names
from services.trainer.training import TooInaccurate, train, up_to_date


def main() -> int:
    """Train the models named on the command line, or all; the exit code."""
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
    try:
        logs.configure(configured.log_level)
        for name in arguments.models or names:
            _train(configured, name, arguments.if_changed)
    except (DataError, TooInaccurate, OSError) as error:
        print(f"trainer: {error}", file=sys.stderr)
        return 1
    return 0


def _train(configured: Settings, name: str, if_changed: bool) -> None:
    if if_changed and (served := up_to_date(configured, name)):
        print(f"{name}: version {served.manifest.version} is up to date")
        return
    published = train(configured, name)
    print(f"{name}: published version {published.manifest.version} in {published.path}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m services.trainer.rollback MODEL [--to VERSION]`: serve another version that is on the volume.

The exit code is 1 if no such version can be served; then nothing changes.
"""

import argparse
import logging
import sys
from pathlib import Path

from petalstream import lifecycle, logs, settings
from petalstream.messages import MODEL_NAME
from petalstream.model import bundle
from petalstream.model.bundle import CURRENT, Bundle
from petalstream.model.manifest import BundleError
from services.trainer.publishing.history import rollback
from services.trainer.publishing.versions import STAGING, locked, serve, sync

log = logging.getLogger("services.trainer")


def main() -> int:
    """Roll back the model that the command line names. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="rollback", description="Serve another version of a model again.")
    parser.add_argument("model", metavar="MODEL", help="a model that was published")
    parser.add_argument(
        "--to", metavar="VERSION", help="the version to serve; none means the newest older one that is intact"
    )
    arguments = parser.parse_args()
    lifecycle.exit_on_sigterm()
    configured = settings.load_or_exit("trainer")
    logs.configure(configured.log_level)
    try:
        before, now = roll_back(configured.models_dir, arguments.model, arguments.to)
    except (BundleError, OSError) as error:
        print(f"trainer: {arguments.model}: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.model}: version {now} is served now, before it was {before or 'none'}")
    return 0


def roll_back(models_dir: Path, model: str, to: str | None) -> tuple[str | None, str]:
    """Make the version `to` the served one; without it, the newest version older than the served one that is intact.

    Returns the version that was served before, None if `current` named none, and the one that is served now. Raises
    BundleError and OSError.
    """
    if not MODEL_NAME.fullmatch(model) or not bundle.versions(models_dir, model):
        models = ", ".join(bundle.model_names(models_dir)) or "none"
        raise BundleError(f"no version of such a model is in {models_dir}; the models there: {models}")
    home = models_dir / model
    with locked(home):
        before = _served(models_dir, model)
        now = _chosen(home, before, to)
        pointer = home / f"{STAGING}{CURRENT}"
        pointer.write_text(f"{now}\n", encoding="utf-8")
        sync(pointer)
        serve(home, pointer, rollback(now))
    return before, now


def _served(models_dir: Path, model: str) -> str | None:
    try:
        return bundle.current_version(models_dir, model)
    except BundleError as error:  # which the rollback repairs
        log.warning("%s", error)
        return None


def _chosen(home: Path, before: str | None, to: str | None) -> str:
    versions, faults = bundle.versions(home.parent, home.name), []
    older = [version for version in reversed(versions) if before is None or int(version) < int(before)]
    candidates = older if to is None else [version for version in versions if version == to]
    if not candidates:
        wanted = f"older than {before}" if to is None else repr(to)
        raise BundleError(f"there is no version {wanted}; the versions there: {', '.join(versions)}")
    for version in candidates:
        try:
            Bundle.at(home / version).verify_servable()
        except BundleError as error:
            faults.append(str(error))
            continue
        for fault in faults:
            log.warning("passed over: %s", fault)
        return version
    raise BundleError("; ".join(faults))


if __name__ == "__main__":
    sys.exit(main())

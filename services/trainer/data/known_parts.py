"""The parts that rows had when a model was trained before: kept, so that versions are compared on the same rows."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from petalstream.model import bundle
from petalstream.model.bundle import PARTS, Bundle
from petalstream.model.manifest import BundleError

log = logging.getLogger(__name__)


def parts_file(keys: Mapping[str, list[str]]) -> bytes:
    """Return the content of the bundle's file of parts: the keys of the rows in each part, by its name."""
    return (json.dumps(keys, separators=(",", ":")) + "\n").encode()


def read_known_parts(models_dir: Path, name: str) -> dict[str, list[str]]:
    """Return the keys of the rows in each part of the newest version that can be read, nothing if there is none."""
    for version in reversed(bundle.versions(models_dir, name)):
        try:
            published = Bundle.at(models_dir / name / version)
            # All rows of a model that was fitted elsewhere test it: nothing would be left to train on.
            if not published.manifest.fitted:
                return parts_of(published)
        except BundleError as error:
            log.debug("the parts of version %s are not known: %s", version, error)
    return {}


def parts_of(published: Bundle) -> dict[str, list[str]]:
    """Return the keys of the rows in each part of a version. Raises BundleError."""
    if PARTS not in published.manifest.files:
        raise BundleError(f"{published.path} has no {PARTS}")
    try:
        return {part: list(keys) for part, keys in json.loads(published.read(PARTS)).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BundleError(f"{published.path / PARTS} cannot be read: {error}") from error

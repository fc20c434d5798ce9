"""Where the samples come from: the test set of the version of a model that is served."""

import logging
from collections.abc import Iterator
from pathlib import Path

from petalstream.model import bundle
from petalstream.model.bundle import TEST_SET, Bundle
from petalstream.model.manifest import BundleError

log = logging.getLogger(__name__)
# Its line in the model's CSV, its features, its true label.
Sample = tuple[str, dict[str, object], str]


def published(models_dir: Path) -> Iterator[Bundle]:
    """The served bundles; one that is not as it was published is named in the log, and the others are streamed."""
    for name in bundle.model_names(models_dir):
        try:
            yield _served(models_dir, name)
        except BundleError as error:
            log.error("%s is not streamed: %s", name, error)


def again_and_again(models_dir: Path, held: Bundle) -> Iterator[Sample]:
    """The test set of a model over and over, each time that of the version which is served then.

    Where that one is not as it was published, the last one that was goes on, `held` at first, as long as its test set
    is there; then this ends. Both are said in the log.
    """
    name, last_error = held.manifest.model, ""
    while True:
        try:
            held, last_error = _served(models_dir, name), ""
        except BundleError as error:
            if str(error) != last_error:
                log.error("%s: version %s is streamed on: %s", name, held.manifest.version, error)
            last_error = str(error)
        try:
            held.read(TEST_SET)
            yield from held.test_set()  # read anew each time, and not kept: a test set may be large
        except (BundleError, OSError) as error:
            if last_error:
                log.error("%s is streamed no more: %s", name, error)
                return


def _served(models_dir: Path, name: str) -> Bundle:
    """The served version, verified; where it was deleted meanwhile, the one after it. Raises BundleError."""
    version = bundle.current_version(models_dir, name)
    try:
        found = Bundle.at(models_dir / name / version)
        found.verify()
    except BundleError:
        if bundle.current_version(models_dir, name) != version:
            return _served(models_dir, name)
        raise
    return found

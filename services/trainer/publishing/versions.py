"""The versions of a model on the volume: changed one at a time, under a lock, by renames.

A folder or file that is being written or deleted has a name that begins with .staging-. A version that contains a file
`current` is complete but was never served. Both are left by an interrupted training or rollback; `locked` deletes them.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from petalstream.history import log as history
from petalstream.history import reading
from petalstream.history.events import Event
from petalstream.model import bundle
from petalstream.model.bundle import CURRENT
from petalstream.model.manifest import BundleError

LOCK, STAGING = ".lock", ".staging-"
LOCK_SECONDS = 60.0
log = logging.getLogger(__name__)


@contextmanager
def locked(home: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Lock the model's folder `home`; delete leftovers before and after. Raises TimeoutError after `seconds`.

    What an interrupted process did not write in the history is written first.
    """
    lock = home / LOCK
    try:
        held = FileLock(lock).acquire(timeout=seconds)
    except Timeout:
        raise TimeoutError(f"{lock} was held by another training or rollback for {seconds:g} s") from None
    with held:
        _tidy(home)
        _complete_history(home)
        try:
            yield
        finally:
            _tidy(home)


def serve(home: Path, pointer: Path, event: Event) -> None:
    """Rename `pointer`, a synced file that names a version, to the model's `current`, and record the `event`.

    The event is from before the rename, so that what the api makes of the version comes after it.
    """
    pointer.replace(home / CURRENT)
    sync(home)
    history.append(home.parent, home.name, lambda events: event)


def prune(home: Path, keep: int) -> None:
    """Delete all versions except the last `keep` and the served one."""
    for version in _folders(home)[:-keep]:
        if version.name != _served(home):
            _delete(version)


def sync(path: Path) -> None:
    """Write a file or folder through to the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _complete_history(home: Path) -> None:
    if (home / CURRENT).exists():
        history.append(home.parent, home.name, lambda events: reading.find_missing(home.parent, home.name, events))


def _tidy(home: Path) -> None:
    for version in _folders(home):
        if (version / CURRENT).exists() and version.name != _served(home):
            _delete(version)
    for leftover in home.glob(f"{STAGING}*"):
        _delete(leftover)


def _delete(path: Path) -> None:
    """Rename a file or folder, so that readers see all of it or nothing, and delete it; log what cannot be deleted."""
    aside = path.with_name(STAGING + path.name.removeprefix(STAGING))
    try:
        path.rename(aside)
        if aside.is_dir() and not aside.is_symlink():
            shutil.rmtree(aside)
        else:
            aside.unlink()
    except OSError as error:
        log.warning("%s could not be deleted: %s", path, error)


def _folders(home: Path) -> list[Path]:
    found = [home / version for version in bundle.versions(home.parent, home.name)]
    return [path for path in found if path.is_dir() and not path.is_symlink()]


def _served(home: Path) -> str:
    try:
        return bundle.current_version(home.parent, home.name)
    except BundleError:
        return ""

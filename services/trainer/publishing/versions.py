"""The versions of a model on the volume: changed under a lock, one at a time, and never seen half changed.

What is being written or deleted has a name that begins with .staging-. A version that still holds a file `current` has
its place but was not served yet. What is found so under the lock is of a training that was cut short.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from petalstream import bundle
from petalstream.bundle import CURRENT, BundleError

LOCK, STAGING = ".lock", ".staging-"
LOCK_SECONDS = 60.0
log = logging.getLogger(__name__)


@contextmanager
def locked(home: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Have the model's folder `home` to oneself, and tidy before and after. Raises TimeoutError."""
    lock = home / LOCK
    try:
        held = FileLock(lock).acquire(timeout=seconds)
    except Timeout:
        raise TimeoutError(f"{lock} was held by another training or rollback for {seconds:g} s") from None
    with held:
        _tidy(home)
        try:
            yield
        finally:
            _tidy(home)


def serve(home: Path, pointer: Path) -> None:
    """Make `pointer`, a file that names a version and is on the disk, the model's `current`, in one rename."""
    pointer.replace(home / CURRENT)
    sync(home)


def prune(home: Path, keep: int) -> None:
    """Delete all versions but the last `keep` and the served one."""
    for version in _folders(home)[:-keep]:
        if version.name != _served(home):
            _delete(version)


def sync(path: Path) -> None:
    """Have the system write a file or folder to the disk before what follows."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tidy(home: Path) -> None:
    for version in _folders(home):
        if (version / CURRENT).exists() and version.name != _served(home):
            _delete(version)
    for leftover in home.glob(f"{STAGING}*"):
        _delete(leftover)


def _delete(path: Path) -> None:
    """Delete a file or folder, of which readers see all or nothing; what cannot be deleted is named in the log."""
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

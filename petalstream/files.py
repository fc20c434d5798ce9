"""Opens files of a folder that others may write to: nothing outside of it, and through no symbolic link."""

import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o644


class UnsafePath(OSError):
    """A name that leads out of the folder, or to what is no regular file in it."""


def read_below(folder: Path, name: str) -> bytes:
    """The content of the file `name`, written with / and relative to `folder`. Raises UnsafePath and OSError."""
    with os.fdopen(open_below(folder, name, os.O_RDONLY), "rb") as file:
        return file.read()


def open_below(folder: Path, name: str, flags: int) -> int:
    """Open the regular file `name`, written with / and relative to `folder`, and return its descriptor.

    `flags` are those of os.open, such as os.O_CREAT for a file that may be missing. Each folder on the way is opened
    from the one before, so that nothing can be swapped for a link in between. Raises UnsafePath and OSError.
    """
    *folders, last = _parts(name)
    with ExitStack() as opened:

        def enter(part: str | Path, inside: int | None) -> int:
            descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _FLAGS, dir_fd=inside)
            opened.callback(os.close, descriptor)
            return descriptor

        # The folder itself is the owner's own choice, and may be a link.
        at = enter(os.path.realpath(folder), None)
        for part in folders:
            _require(stat.S_ISDIR, "folder", part, at, name)
            at = enter(part, at)
        try:
            _require(stat.S_ISREG, "regular file", last, at, name)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
        return os.open(last, flags | os.O_NONBLOCK | _FLAGS, _MODE, dir_fd=at)


def _parts(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or str(path) != name or set("\\\0") & set(name) or ".." in path.parts:
        raise UnsafePath(f"{name[:100]!r} is no path below its folder")
    return path.parts


def _require(is_kind: Callable[[int], bool], kind: str, part: str, at: int, name: str) -> None:
    """Raise UnsafePath where `part` is something else; a pipe would be waited for, and a link followed."""
    mode = os.stat(part, dir_fd=at, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise UnsafePath(f"{part!r} of {name!r} is a symbolic link, which is not followed")
    if not is_kind(mode):
        raise UnsafePath(f"{part!r} of {name!r} is no {kind}")

"""`python -m tests.full_disk MODELS_DIR BUNDLE bytes|files`, with MODELS_DIR an empty disk that is small.

Publishes version 1, and then version 2 with nothing left of the disk, with a little left and so on, until it fits.
Prints how often it did not; fails where that left anything, or harmed what is served.
"""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from petalstream.model import bundle
from petalstream.model.bundle import Bundle
from tests.publications import names, publish_again

PAGE = 4096


def leave_bytes(folder: Path, steps: int) -> None:
    """Fill the disk but for two pages a step."""
    disk = os.statvfs(folder)
    (folder / "ballast").write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - steps * 2 * PAGE)))


def leave_files(folder: Path, steps: int) -> None:
    """Use up all files that the disk can have but for one a step."""
    for number in range(os.statvfs(folder).f_favail - steps):
        (folder / f"ballast-{number}").touch()


def fits(models: Path, like: Bundle, fill: Callable[[Path, int], None], steps: int) -> bool:
    """Whether a version could be published; where not, nothing has changed."""
    fill(models, steps)
    try:
        publish_again(models, like)
    except OSError as error:
        if error.errno != errno.ENOSPC or not str(error.filename).startswith(str(models)):
            raise
        assert names(models / "iris") == ["1", "current"]
        bundle.current(models, "iris").verify()
        return False
    finally:
        for ballast in models.glob("ballast*"):
            ballast.unlink()
    return True


if __name__ == "__main__":
    folder, source = Path(sys.argv[1]), Bundle.at(Path(sys.argv[2]))
    publish_again(folder, source)
    refused = 0
    while not fits(folder, source, {"bytes": leave_bytes, "files": leave_files}[sys.argv[3]], refused):
        refused += 1
    bundle.current(folder, "iris").verify()
    assert names(folder / "iris") == ["1", "2", "current"]
    print(refused)

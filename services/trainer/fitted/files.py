"""Reads the file of a model that was fitted elsewhere."""

import os
import stat
from pathlib import Path

from services.trainer.definition import Definition
from services.trainer.fitted.errors import FittedError

MOST_BYTES = 512 * 2**20


def read_model(path: Path) -> bytes:
    """Return the content of a regular file of 1 to MOST_BYTES bytes. Raises FittedError."""
    try:
        # A FIFO would keep the process waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise FittedError(f"{path} is no file")
            if found.st_size > MOST_BYTES:
                raise FittedError(f"{path} has {found.st_size:,} bytes, and a model may have {MOST_BYTES:,}")
            content = file.read(MOST_BYTES)
    except OSError as error:
        raise FittedError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise FittedError(f"{path} is empty")
    return content


def read_fitted(data_dir: Path, definition: Definition) -> bytes:
    """Return the content of the file that a definition names as fitted, nothing if it names none.

    Raises FittedError.
    """
    return read_model(data_dir / definition.fitted.path) if definition.fitted else b""

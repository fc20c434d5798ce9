"""The names of the models that were unloaded on request, shared by all workers."""

import os
from pathlib import Path


class UnloadedModels:
    """A set of model names, kept as empty files in a folder that the workers share.

    The names must be valid model names, since each becomes a file name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: str) -> bool:
        # Asked with each request, and a Path takes ten times as long.
        return os.path.exists(f"{self._folder}/{name}")  # noqa: PTH110

    def add(self, name: str) -> None:
        """Add a model, which is then no longer served by any worker."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).touch()

    def discard(self, name: str) -> None:
        """Remove a model if it is in the set."""
        (self._folder / name).unlink(missing_ok=True)

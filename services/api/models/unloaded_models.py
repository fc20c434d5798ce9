"""Which models somebody had unloaded, known to all workers at once: an empty file each, in a folder that they share."""

import os
from pathlib import Path


class UnloadedModels:
    """A set of models' names; they must be names of models, since each becomes the name of a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, name: str) -> bool:
        return os.path.exists(f"{self._folder}/{name}")  # noqa: PTH110 - with each request; a Path takes ten times as long

    def add(self, name: str) -> None:
        """From now on the model is unloaded."""
        (self._folder / name).touch()

    def discard(self, name: str) -> None:
        """The model is unloaded no longer, if it was."""
        (self._folder / name).unlink(missing_ok=True)

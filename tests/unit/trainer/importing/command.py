"""`make import` without Docker, run in a copy of the project that tests may write to."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from petalstream import settings
from petalstream.model import bundle
from petalstream.model.bundle import Bundle

SECONDS = 300
MODEL = "brought"


@dataclass(frozen=True)
class Checkout:
    """A copy of the project, and a folder beside it with what users have."""

    root: Path
    folder: Path

    def run(self, file: Path | str, csv: str, target: str, *options: str, model: str = MODEL) -> "Ended":
        """Import a file and return how it ended."""
        command = [sys.executable, "-m", "services.trainer.importing", model, str(self.folder / file)]
        ended = subprocess.run(
            [*command, str(self.folder / csv), target, "--publish", *options],
            cwd=self.root,
            env=settings.inherited(models_dir=self.models_dir, log_level="WARNING"),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    @property
    def models_dir(self) -> Path:
        """The folder of the bundles."""
        return self.root / "models"

    def bundle(self, model: str = MODEL) -> Bundle:
        """The served version of a model."""
        return bundle.current(self.models_dir, model)

    def files(self) -> set[str]:
        """Every file, link and folder in the copy and beside it, but what Python compiles."""
        return files_below(self.root, self.folder)


def files_below(*tops: Path) -> set[str]:
    """Every file, link and folder below some folders, but what Python compiles."""
    return {
        os.path.join(folder, name)  # noqa: PTH118 - a walk gives texts
        for top in tops
        for folder, folders, files in os.walk(top)
        for name in (*folders, *files)
        if "__pycache__" not in folder and name != "__pycache__"
    }


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str

"""For tests that run the project's commands: fresh copies of it, and an environment that no outer make has marked."""

import os
import re
import shutil
from pathlib import Path


def outer_environment() -> dict[str, str]:
    """This process's environment without what a make that runs the tests hands on to a make that a test runs."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def fresh_copy(root: Path, folder: Path) -> Path:
    """A copy in `folder` of the project's files, without what commands have made in it."""
    left_out = shutil.ignore_patterns(".env", ".venv", ".cache", ".git", ".*_cache", "__pycache__")
    return Path(shutil.copytree(root, folder / "petalstream", ignore=left_out))


def quick_copy(root: Path, folder: Path) -> Path:
    """A fresh copy in which the search for Iris has one candidate."""
    copy = fresh_copy(root, folder)
    definition = copy / "services" / "trainer" / "models" / "iris.py"
    text, grids = re.subn(r"grid={.*?\n    }", 'grid={"classify__C": [1.0]}', definition.read_text(), flags=re.DOTALL)
    assert grids == 1
    definition.write_text(text)
    return copy

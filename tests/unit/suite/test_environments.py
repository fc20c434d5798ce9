"""Environments for programs that need other packages than Petalstream."""

import subprocess
from pathlib import Path

import pytest

from embedded.environments import InstallFailed, python_with


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """A requirements file, not written yet."""
    return tmp_path / "requirements.txt"


@pytest.mark.long
def test_an_environment_is_created_once_and_again_when_its_requirements_change(
    requirements: Path, tmp_path: Path
) -> None:
    requirements.write_text("# Direct: nothing\n")
    python = python_with(requirements, tmp_path / "environment")
    assert subprocess.run([python, "-c", "import sys; print(sys.prefix)"], text=True, capture_output=True).stdout
    left = python.parent / "left"
    left.touch()
    assert python_with(requirements, tmp_path / "environment") == python
    assert left.exists()
    requirements.write_text("# Direct: nothing, again\n")
    python_with(requirements, tmp_path / "environment")
    assert not left.exists()


@pytest.mark.long
def test_an_environment_that_cannot_be_created_raises_pips_message_each_time(
    requirements: Path, tmp_path: Path
) -> None:
    requirements.write_text("not a requirement\n")
    for _ in range(2):
        with pytest.raises(InstallFailed, match=r"(?s)requirements.txt could not be created: .*not a requirement"):
            python_with(requirements, tmp_path / "environment")

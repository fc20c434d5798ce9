"""A clone has the project's files byte for byte, whatever Git is configured to do with line ends."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkouts import fresh_copy

COMMITTER = ("-c", "user.name=tests", "-c", "user.email=tests@localhost")


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` and return its output, without regard to the user's configuration of git."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**own, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Path:
    """Return a Git repository with the project's files."""
    if not shutil.which("git"):
        pytest.skip("install git (package git) to run this test")
    folder = fresh_copy(root, tmp_path)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, *COMMITTER, "commit", "--quiet", "--message", "The project's files")
    return folder


def test_a_clone_with_autocrlf_has_the_same_bytes(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "-c", "core.autocrlf=true", str(repository), "clone")
    clone = tmp_path / "clone"
    files = git(clone, "ls-files", "-z").rstrip("\0").split("\0")
    assert "deploy/up.sh" in files
    assert [name for name in files if (clone / name).read_bytes() != (repository / name).read_bytes()] == []
    assert git(clone, "status", "--porcelain") == ""

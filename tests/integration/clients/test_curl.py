"""The commands with curl in the documents, run as they are shown."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lone_api import LoneApi

pytestmark = [pytest.mark.xdist_group("clients")]
ROOT = Path(__file__).parents[3]
ADDRESS = "localhost:5000"


def commands() -> list[str]:
    """Every block of commands in README.md and docs/ that asks the api at its usual address."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    blocks = [block for page in pages for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.S | re.M)]
    return [block for block in blocks if "curl" in block and ADDRESS in block]


@pytest.fixture(autouse=True)
def curl() -> None:
    """Skip without curl."""
    if not shutil.which("curl"):
        pytest.skip("install curl (package curl) to run this test")


def run(api: LoneApi, command: str) -> str:
    """Return what a command prints; it fails with an HTTP status of an error."""
    strict = 'curl() { command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }\n'
    script = f"set -o pipefail\n{strict}{command.replace(ADDRESS, f'localhost:{api.port}')}"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, f"{command}: {ended.stdout} {ended.stderr}"
    return ended.stdout


@pytest.mark.parametrize("command", commands(), ids=range(len(commands())))
def test_a_command_in_the_documents_works_as_shown(api: LoneApi, command: str) -> None:
    assert "setosa" in run(api, command)


def test_readme_shows_commands_for_one_row_and_for_a_csv() -> None:
    shown = [command for command in commands() if command in (ROOT / "README.md").read_text()]
    assert any("application/json" in command for command in shown)
    assert any("text/csv" in command for command in shown)

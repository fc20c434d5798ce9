"""The environments of the peers: one virtual environment each, with exactly the packages that its folder pins."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PEERS = Path(__file__).parent
CACHE = ROOT / ".cache" / "peers"
INSTALL_SECONDS = 1800


class InstallFailed(Exception):
    """A peer's environment could not be made."""

    def __init__(self, name: str, last_words: str) -> None:
        super().__init__(f"the environment of {name} could not be made: {last_words}")


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, which is made first where its requirements or Python have changed.

    Raises InstallFailed with the last words of pip.
    """
    requirements, folder = PEERS / name / "requirements.txt", CACHE / name
    python, stamp = folder / "bin" / "python", folder / "made-for"
    wanted = f"{sys.version}\n{requirements.read_text()}"
    # The stamp comes last, so that what was left half-made is made anew.
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        print(f"installing what {name} needs into {folder} ...", flush=True)
        venv.create(folder, with_pip=True)
        _install(name, python, requirements)
        stamp.write_text(wanted)
    return python


def _install(name: str, python: Path, requirements: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run(
            [*pip, "--requirement", str(requirements)],
            check=True,
            timeout=INSTALL_SECONDS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise InstallFailed(name, f"pip had not ended after {INSTALL_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise InstallFailed(name, error.stdout.strip()[-1000:] or "pip said nothing") from None

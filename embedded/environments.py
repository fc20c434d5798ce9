"""Virtual environments for programs that need other packages: peers in benchmarks, and clients in tests."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

INSTALL_SECONDS = 1800


class InstallFailed(Exception):
    """An environment could not be created."""

    def __init__(self, requirements: Path, last_words: str) -> None:
        super().__init__(f"the environment of {requirements} could not be created: {last_words}")


def python_with(requirements: Path, folder: Path) -> Path:
    """Return the interpreter of the environment in `folder`, with exactly the packages that `requirements` pins.

    It is created if the requirements or Python have changed. Raises InstallFailed with the end of pip's output.
    """
    python, stamp = folder / "bin" / "python", folder / "made-for"
    wanted = f"{sys.version}\n{requirements.read_text()}"
    # The stamp comes last, so that an unfinished environment is created again.
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        print(f"installing {requirements} into {folder} ...", flush=True)
        venv.create(folder, with_pip=True)
        _install(python, requirements)
        stamp.write_text(wanted)
    return python


def _install(python: Path, requirements: Path) -> None:
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
        raise InstallFailed(requirements, f"pip had not ended after {INSTALL_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise InstallFailed(requirements, error.stdout.strip()[-1000:] or "pip printed nothing") from None

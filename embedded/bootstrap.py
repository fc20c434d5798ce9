"""`python3 embedded/bootstrap.py REQUIREMENTS`: make .venv and install what the file names, once.

It runs before anything is installed and on any Python 3.6 or newer, so that it can say when that is too old.
"""

import hashlib
import pathlib
import shutil
import signal
import subprocess
import sys

LEAST_PYTHON, MOST_PYTHON = (3, 11), (3, 14)
ROOT = pathlib.Path(__file__).resolve().parent.parent
# Run as a file, it has its own folder in the path alone.
sys.path.insert(0, str(ROOT))
from embedded.model_requirements import INSTALL, find_requirements, install  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
MODELS = ROOT / "services" / "trainer" / "models"
# The folders whose requirements are for running models.
WITH_MODELS = ("embedded", "tests", "benchmarks")


def main(requirements: pathlib.Path) -> None:
    """Bring .venv up to date with `requirements`; on failure say why in one line and leave no half-made folder."""
    found = tuple(sys.version_info[:2])
    if found < LEAST_PYTHON:
        sys.exit("Python 3.11 or newer is needed and this is {}.{}: add PYTHON=/path/to/a/newer/python3".format(*found))
    if found > MOST_PYTHON:
        sys.exit("the pinned packages have no build for Python {}.{}: add PYTHON=/path/to/python3.14".format(*found))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    made_with, stamp = VENV / "made-with", VENV / ("installed-" + requirements.parent.name)
    of_models = find_requirements(MODELS) if requirements.parent.name in WITH_MODELS else []
    wanted = fingerprint() + "".join(of_models)
    # A system upgrade leaves a folder whose python is another one than its packages are for.
    is_new = not (PYTHON.exists() and made_with.exists() and made_with.read_text() == sys.version)
    if not is_new and stamp.exists() and stamp.read_text() == wanted:
        return
    try:
        if is_new:
            shutil.rmtree(VENV, ignore_errors=True)
            print("making .venv ...", flush=True)
            run([sys.executable, "-m", "venv", str(VENV)], "install your system's venv package (python3-venv)")
        print("installing {} (pinned in constraints.txt) ...".format(requirements.relative_to(ROOT)), flush=True)
        pip = [str(PYTHON), "-m", "pip"]
        run(
            [*pip, *INSTALL, "--constraint", str(CONSTRAINTS), "--requirement", str(requirements)],
            "check the network or proxy that pip uses, and run the command again",
        )
        failed = install_for_models(pip, of_models)
        made_with.write_text(sys.version)
        if not failed:
            stamp.write_text(wanted)
    except BaseException:
        if is_new:
            shutil.rmtree(VENV, ignore_errors=True)
        raise


def install_for_models(pip: list, named: list) -> list:
    """Install the packages that models name. Says what could not be installed, and returns it: the others go on."""
    if named:
        print("installing what models name: {} ...".format(", ".join(named)), flush=True)
    failed = install(pip, named, CONSTRAINTS, sorted(ROOT.glob("services/*/requirements.txt")))
    for line in failed:
        print("setting up Python: {}".format(line), file=sys.stderr, flush=True)
    return failed


def fingerprint() -> str:
    """A digest of everything that decides what is installed."""
    digest = hashlib.sha256()
    # Not in hidden folders, which hold whole environments.
    for path in [CONSTRAINTS, *sorted(ROOT.glob("[!.]*/**/requirements.txt"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(command: list, advice: str) -> None:
    """Run a command; where it fails, exit with its last line of output and the advice."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    try:
        output, _ = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        lines = output.strip().splitlines() or ["no output"]
        told = [line for line in lines if line.startswith("ERROR")] or lines
        # The advice first: without a network pip calls pinned packages a conflict of versions.
        sys.exit("setting up Python failed: {} (the last words were: {})".format(advice, told[-1].strip()))


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve())
    except KeyboardInterrupt:
        sys.exit(130)

"""Opens a new version as the api will, before it is served, and measures the memory that it takes."""

import signal
import subprocess
import sys
from pathlib import Path

from petalstream.model import peak_memory
from petalstream.model.own_code import ROOT

API_REQUIREMENTS = ROOT / "services" / "api" / "requirements.txt"
SECONDS = 600


class CannotBeServed(Exception):
    """A version that the api could not open; the message says why."""


def measure_memory(bundle: Path) -> dict[str, int]:
    """Return the bytes that the training takes, and that an api takes at least. Raises CannotBeServed.

    The training's are the most that this process took so far and those of the process that tries the bundle beside it.
    """
    command = [sys.executable, "-m", "petalstream.model.opening", str(bundle.resolve()), str(API_REQUIREMENTS)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotBeServed(f"the api could not open it within {SECONDS} s") from error
    if done.returncode:
        raise CannotBeServed(f"the api could not open it, and nothing was published: {_reason(done)[:500]}")
    api = int(done.stdout.split()[-1])
    return {"trainer_bytes": peak_memory.most_bytes() + api, "api_bytes": api}


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == -signal.SIGKILL:
        return "the process that tried it was killed, as for want of memory: TRAINER_MEM_LIMIT sets how much there is"
    return (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]

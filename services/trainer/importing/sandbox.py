"""Has a pickle opened outside of this process, and takes nothing but data of what comes back."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from typing import IO

from petalstream.model.own_code import ROOT
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.files import MOST_BYTES

SECONDS, GRACE_SECONDS = 180, 30
MOST_WORDS, MAX_LENGTH = 65_536, 400
# The service that opens pickles, in a process without the settings of this one.
OWN_PROCESS = (sys.executable, "-P", "-m", "services.importer")
_VERSIONS_LENGTH = 4_096


def open_pickle(content: bytes, name: str, command: Sequence[str]) -> tuple[bytes, dict[str, str]]:
    """Return the estimator in a pickle as a skops file, and the other versions that it was made with.

    `command` runs services.importer in a container; without one it is a process of its own, in a temporary folder that
    is deleted afterwards. Whatever comes back may be forged. Raises FittedError.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as pickled:
        pickled.write(content)
        pickled.seek(0)
        environment = None if command else _environment(folder)
        started = subprocess.Popen(
            command or OWN_PROCESS,
            stdin=pickled,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT if command else folder,
            env=environment,
            start_new_session=True,
        )
        output, words = _communicate(started)
    if started.returncode:
        raise FittedError(f"{name}: {_reason(started.returncode, words)}")
    first, _, estimator = output.partition(b"\n")
    if len(output) > MOST_BYTES or not estimator:
        raise FittedError(f"{name}: what came back of it is no model")
    return estimator, _read_versions(first, name)


def _environment(folder: str) -> dict[str, str]:
    """Return an environment without any setting of this one."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"), "1")
    return {"PYTHONPATH": str(ROOT), "PATH": os.defpath, "HOME": folder, "TMPDIR": folder, **one}


def _communicate(started: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return as much of both outputs as is taken, and end whatever still runs then, or after SECONDS."""
    timer = Timer(SECONDS, _end, [started])
    timer.start()
    assert started.stdout is not None  # noqa: S101 - both are pipes
    assert started.stderr is not None  # noqa: S101
    try:
        with ThreadPoolExecutor(2) as threads:
            output = threads.submit(_take, started.stdout, MOST_BYTES + 1, started)
            words = threads.submit(_take, started.stderr, MOST_WORDS, started)
        started.wait(GRACE_SECONDS)
        return output.result(), words.result()
    finally:
        timer.cancel()
        _end(started)
        started.stdout.close()
        started.stderr.close()


def _take(stream: IO[bytes], most: int, started: subprocess.Popen[bytes]) -> bytes:
    """Return what a stream gives before it ends, and end the process if that is more than `most`."""
    found = stream.read(most)
    if len(found) == most:
        _end(started)
    return found


def _end(started: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started; Compose then removes its container."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if started.poll() is not None:
            return
        try:
            os.killpg(started.pid, number)
            started.wait(GRACE_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _reason(code: int, words: bytes) -> str:
    """Return the last line that was printed, without what could steer a terminal."""
    if code < 0:
        return f"the process that opened it was ended by {signal.Signals(-code).name}: it took too much memory or time"
    lines = words.decode("utf-8", "replace").strip().splitlines() or [f"the process ended with {code}"]
    return "".join(each if each.isprintable() else " " for each in lines[-1])[:MAX_LENGTH]


def _read_versions(line: bytes, name: str) -> dict[str, str]:
    try:
        found = json.loads(line[:_VERSIONS_LENGTH])
    except (ValueError, RecursionError) as error:
        raise FittedError(f"{name}: what came back of it is no model") from error
    if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in (*found, *found.values())):
        raise FittedError(f"{name}: what came back of it is no model")
    return {key[:40]: version[:40] for key, version in found.items() if (key + version).isprintable()}

"""wrk, which asks a server as fast as it answers over a number of connections."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import BenchmarkError

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True)
class Load:
    """What wrk counted: answers a second, and how long one took in milliseconds."""

    rate: float
    p50: float
    p99: float


def version() -> str:
    """What wrk calls itself."""
    program = shutil.which("wrk")
    if not program:
        return "none, since wrk is not installed"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return " ".join(said.stdout.split()[:2])


def post(url: str, body: Path, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Post the file for so long. Raises BenchmarkError unless every single answer was a success."""
    command = [_program(), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url]
    ended = subprocess.run([*command, "--", str(body)], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise BenchmarkError(f"wrk {url}: {ended.stdout}{ended.stderr}")
    return parsed(ended.stdout)


def parsed(output: str) -> Load:
    """The figures in wrk's output. Raises BenchmarkError where one answer or more was none, or not a success."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchmarkError(f"wrk printed no figures: {output}")
    found = json.loads(lines[-1])
    if not found["requests"]:
        raise BenchmarkError("no request was answered in the time")
    if found["not_ok"] or found["socket_errors"]:
        raise BenchmarkError(
            f"of {found['requests']} requests {found['not_ok']} were answered with an error"
            f" and {found['socket_errors']} not at all"
        )
    return Load(found["requests"] / found["microseconds"] * 1e6, found["p50"] / 1000, found["p99"] / 1000)


def _program() -> str:
    """Where wrk is. Raises BenchmarkError."""
    if found := shutil.which("wrk"):
        return found
    raise BenchmarkError("wrk is not installed: apt-get install wrk, brew install wrk, or github.com/wg/wrk")

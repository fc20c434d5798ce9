"""Asks GET /health again and again from a process of its own: `python -m tests.load.prober PORT`, until it is ended.

It prints the seconds of each response. In the test's process, the clients of the test would hold it up.
"""

import http.client
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from embedded.processes import ROOT, python

SECONDS = 30


@contextmanager
def probing(port: int) -> Iterator[list[float]]:
    """Yield a list that has the seconds of every response once the context has ended."""
    seconds: list[float] = []
    process = subprocess.Popen(
        python("tests.load.prober", str(port)), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        seconds.append(float(process.stdout.readline()))
        yield seconds
    finally:
        output, _ = process.communicate("end", timeout=2 * SECONDS)
    seconds += map(float, output.split())
    assert process.returncode == 0


def probe(port: int) -> float:
    """Return the seconds that GET /health takes on a new connection."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - began


def main(port: int) -> None:
    """Probe until standard input has something to read, or is closed."""
    while not select.select([sys.stdin], [], [], 0)[0]:
        print(probe(port), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""The memory of this process."""

import resource
import sys
from pathlib import Path

_STATUS, _PEAK = Path("/proc/self/status"), "VmHWM:"


def most_bytes() -> int:
    """Return the most bytes of memory that this process has had so far."""
    # Not getrusage(2) on Linux, which begins with what the parent process had.
    if _STATUS.exists():
        return next(int(line.split()[1]) * 1024 for line in _STATUS.read_text().splitlines() if line.startswith(_PEAK))
    # In KiB, but in bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

"""What a process gives up before it opens a pickle.

In a container this comes on top of what the container does not have: network, volumes, capabilities. Without one it is
no wall: code that calls the system directly, as a compiled extension can, passes the audit hook.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

MOST_BYTES = 512 * 2**20
MOST_MEMORY, MOST_SECONDS, MOST_FILES = 4 * 2**30, 60, 64
# What no estimator needs to be opened: other programs, the network, and files that are written or changed.
# https://docs.python.org/3/library/audit_events.html lists the events.
_REFUSED = (
    "ctypes.",
    "fcntl.",
    "ftplib.",
    "http.",
    "imaplib.",
    "nntplib.",
    "os.chflags",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.lockf",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.removexattr",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.spawn",
    "os.startfile",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.unsetenv",
    "os.utime",
    "poplib.",
    "pty.",
    "resource.",
    "shutil.",
    "signal.",
    "smtplib.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "syslog.",
    "tempfile.",
    "urllib.",
    "webbrowser.",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def impose() -> None:
    """Limit memory, time, files and processes of this process, and have it end if it asks for more than reading."""
    sys.dont_write_bytecode = True
    for limit, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(limit)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS has not all of them
            resource.setrlimit(limit, (least, least))
    signal.alarm(2 * MOST_SECONDS)
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process for an event that is refused; a pickle could catch an exception."""
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITES):
            _end(f"to write to {path!r}")
    elif event.startswith(_REFUSED):
        _end(f"what Python calls {event}")


def _end(what: str) -> NoReturn:
    os.write(2, f"the file asked for {what} while it was opened, and the process was ended\n".encode()[:500])
    os._exit(3)

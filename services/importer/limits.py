"""What a process gives up before it opens a pickle.

In a container this comes on top of what the container does not have: network, volumes, capabilities. Without one it is
no wall: code that calls the system directly, as a compiled extension can, passes the audit hook.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MOST_BYTES = 512 * 2**20
MOST_MEMORY, MOST_SECONDS, MOST_FILES = 4 * 2**30, 60, 64
# What no estimator needs to be opened: other programs, the network, and files that are written or changed.
# https://docs.python.org/3/library/audit_events.html lists the events.
_REFUSED = (
    "ctypes.",
    "code.__new__",
    "fcntl.",
    "ftplib.",
    "gc.",
    "http.",
    "imaplib.",
    "nntplib.",
    "object.__setattr__",
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
    "sys.addaudithook",
    "sys.setprofile",
    "sys.settrace",
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
    sys.addaudithook(_make_hook())


def _make_hook() -> Callable[[str, tuple[Any, ...]], None]:
    """Return a hook that ends the process for an event that is refused; a pickle could catch an exception.

    It looks nothing up while it runs, since a pickle can replace what is in modules, and Python's own functions.
    """
    refused, writes, end, write = _REFUSED, _WRITES, os._exit, os.write

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not arguments[2] & writes:
                return
            what = "to write to a file"
        elif event.startswith(refused):
            what = f"what Python calls {event}"
        else:
            return
        write(2, f"\nthe file asked for {what} while it was opened, and the process was ended\n".encode())
        end(3)

    return refuse

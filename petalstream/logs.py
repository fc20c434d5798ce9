"""Logging, configured once per process by its entry point; modules only call getLogger(__name__)."""

import io
import logging
import sys

from petalstream.line_writer import LineWriter
from petalstream.settings import LogLevel


def configure(level: LogLevel, writer: LineWriter | None = None) -> None:
    """Log to standard error, one line a message, from `level` up; through `writer` where a log must not stop the work.

    Not for a process that forks: its children have no thread that writes.
    """
    # Where a terminal knows few characters the others are printed by their numbers, and not an error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.basicConfig(
        stream=writer or sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    # The client reports each attempt to reconnect as an error; what it cannot mend it raises.
    logging.getLogger("kafka").setLevel("DEBUG" if level == "DEBUG" else "CRITICAL")


def hide_records() -> None:
    """Log no DEBUG lines of kafka-python: they quote the bytes of records."""
    client = logging.getLogger("kafka")
    client.setLevel(max(client.level, logging.INFO))

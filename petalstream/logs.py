"""Logging, configured once per process by its entry point; modules only call getLogger(__name__)."""

import logging
import sys

from petalstream.settings import SettingError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def configure(level: str) -> None:
    """Log to standard error, one line a message, from `level` up. Raises SettingError on an unknown level."""
    if level.upper() not in LEVELS:
        raise SettingError("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", level)
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    # The client reports each attempt to reconnect as an error; what it cannot mend it raises.
    logging.getLogger("kafka").setLevel("DEBUG" if level.upper() == "DEBUG" else "CRITICAL")

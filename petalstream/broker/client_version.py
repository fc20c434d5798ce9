"""Ends the process unless the installed kafka-python is the version whose private parts this package changes.

petalstream.broker imports it before any module of the client, because another version may not have these modules.
"""

from importlib import metadata

PACKAGE, PATCHED_VERSION = "kafka-python", "3.0.12"


def require_patched_version() -> None:
    """Raise SystemExit with exit code 1, and with the command that helps, if another version is installed or none."""
    try:
        installed = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        installed = "none"
    if installed != PATCHED_VERSION:
        raise SystemExit(
            f"Petalstream needs {PACKAGE} {PATCHED_VERSION}, because it changes private parts of it; installed:"
            f" {installed}. Run pip install -c constraints.txt {PACKAGE}, or build the image again."
        )


require_patched_version()

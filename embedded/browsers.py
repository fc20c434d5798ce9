"""How a person at this machine opens a page."""

import shutil
import sys

from petalstream import settings


def command(url: str) -> str:
    """Return the command that opens `url` in the browser of the desktop, an empty string where there is no desktop."""
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    return f"{opener} {url}" if settings.has_desktop() and shutil.which(opener) else ""

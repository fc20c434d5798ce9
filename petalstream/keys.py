"""API keys: one a line of the file that the setting API_KEYS names."""

import re
from pathlib import Path

KEY = re.compile(r"[!-~]+")


class KeysError(ValueError):
    """The file of API keys cannot be read, or does not hold what it should."""

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"API_KEYS names {path}, {fault}")


def read_keys(path: str) -> list[str]:
    """The keys of a file in its order, without blank lines and lines that begin with #. Raises KeysError."""
    try:
        text = Path(path).read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise KeysError(path, f"which cannot be read: {error.strerror}") from None
    keys = []
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        if not line or line.startswith("#"):
            continue
        if not KEY.fullmatch(line):
            # The line itself may be a key with a slip in it, and this ends in a log.
            raise KeysError(path, f"whose line {number} is no key: a key is printable ASCII without spaces")
        keys.append(line)
    if not keys:
        raise KeysError(path, "which holds no key")
    return keys


def authorization(path: str) -> dict[str, str]:
    """The header with which our own clients ask the api: it has the file's first key. None where `path` is empty.

    Raises KeysError.
    """
    return {"Authorization": f"Bearer {read_keys(path)[0]}"} if path else {}

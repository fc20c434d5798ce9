"""The address of a page, for a link that a browser follows."""

import re
from typing import Self
from urllib.parse import urlsplit


class PublicUrl(str):
    """A URL of http or https with a host, and perhaps a port and a path; empty: none."""

    FORM = re.compile(
        r"https?://([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[a-z0-9._~%/-]*)?", re.IGNORECASE
    )

    def __new__(cls, text: str) -> Self:
        """Return the URL without a slash at its end. Raises ValueError."""
        if text and not cls.FORM.fullmatch(text):
            raise ValueError(text)
        _ = urlsplit(text).port  # raises ValueError above 65535
        return super().__new__(cls, text.rstrip("/"))

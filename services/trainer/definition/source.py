"""Where a data set comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """The source of a data set: its citation, web page and licence."""

    citation: str
    url: str
    licence: str

"""How hostile files are made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

MARKER = "marker"
Make = Callable[[Path], Path]


class Calls:
    """Calls a function with arguments when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def saved(name: str, content: Callable[[Path], bytes]) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content(folder))
        return path

    return make

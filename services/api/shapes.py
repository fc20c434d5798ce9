"""Whether JSON has the shape that pages read, so that no page fails over what a file of a bundle lacks.

A shape is a type; [shape], a list of such; {name: shape}, an object with these names and maybe more; or {ANY: shape}.
"""

import json
from collections.abc import Mapping
from typing import Any

ANY = object()
NUMBER = int | float


class Misfit(ValueError):
    """Content of another shape; the message says where."""


def require(content: Any, shape: Any, where: str = "") -> None:
    """Raise Misfit unless `content`, which is at `where`, has the shape."""
    if isinstance(shape, list):
        _typed(content, list | tuple, where)
        for index, each in enumerate(content):
            require(each, shape[0], f"{where}[{index}]")
    elif isinstance(shape, Mapping):
        _typed(content, Mapping, where)
        wanted = dict.fromkeys(content, shape[ANY]) if ANY in shape else shape
        for name, each in wanted.items():
            path = f"{where}.{name}".lstrip(".")
            if name not in content:
                raise Misfit(f"{path} is missing")
            require(content[name], each, path)
    else:
        _typed(content, shape, where)


def writable(content: Any) -> None:
    """Raise ValueError or TypeError unless `content` can be sent as JSON and in a page: no NaN, all of it UTF-8."""
    json.dumps(content, allow_nan=False, ensure_ascii=False).encode()


def _typed(content: Any, shape: Any, where: str) -> None:
    # To Python True is a number.
    if not isinstance(content, shape) or (isinstance(content, bool) and shape is not object):
        raise Misfit(f"{where or 'it'} is {str(content)[:40]!r}, of the type {type(content).__name__}")

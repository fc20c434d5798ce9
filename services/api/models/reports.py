"""The report of a bundle, in memory. A drawing is looked up by its name; no path is ever opened for a URL."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from petalstream.json_schema import COUNT, NUMBER, TEXT, Schema, array_of, mapping_of, object_with, validate
from petalstream.model.bundle import REPORT, REPORT_INDEX, Bundle

_FIGURE_TEXTS = ("title", "caption", "alt", "light", "dark")
_FIGURE = object_with(**dict.fromkeys(_FIGURE_TEXTS, TEXT), width=NUMBER, height=NUMBER)
_CANDIDATE = object_with(values=array_of({}), mean=NUMBER, spread=NUMBER)
_SEARCH = object_with(
    searched=TEXT, candidates=COUNT, scoring=TEXT, folds=COUNT, parameters=array_of(TEXT), rows=array_of(_CANDIDATE)
)
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "figures": array_of(_FIGURE),
        "searches": array_of(_SEARCH),
        "class_balance": mapping_of(mapping_of(COUNT)),
    },
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawing:
    """An SVG of the report, and its sha256 as in the manifest."""

    content: bytes
    sha256: str


@dataclass(frozen=True)
class Report:
    """The content of report.json, empty if the bundle has none, and the drawings by file name."""

    content: Mapping[str, Any]
    drawings: Mapping[str, Drawing]

    @classmethod
    def read(cls, bundle: Bundle) -> "Report":
        """Return the report of a verified bundle. A missing or invalid report.json leaves the content empty."""
        drawings = {}
        for name, digest in bundle.manifest.files.items():
            path = PurePosixPath(name)
            if str(path.parent) == REPORT and path.suffix == ".svg":
                drawings[path.name] = Drawing(bundle.read(name), digest)
        return cls(_read_index(bundle), drawings)

    @property
    def figures(self) -> list[Mapping[str, Any]]:
        """Return the figures whose drawings exist, for light and for dark colour schemes."""
        figures = self.content.get("figures", [])
        return [figure for figure in figures if figure["light"] in self.drawings and figure["dark"] in self.drawings]


def _read_index(bundle: Bundle) -> Mapping[str, Any]:
    if REPORT_INDEX not in bundle.manifest.files:
        return {}
    try:
        content = json.loads(bundle.read(REPORT_INDEX).decode("utf-8"))
        validate(content, SCHEMA)
    except (ValueError, TypeError, RecursionError) as error:
        log.error("the report of %s is left out: %s", bundle.path, error)
        return {}
    index: Mapping[str, Any] = content
    return index

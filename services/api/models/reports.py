"""The report of a bundle, kept in memory: a drawing is looked up by its name, and no path is ever opened for a URL."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from petalstream.bundle import REPORT, REPORT_INDEX, Bundle
from services.api.models.json_schema import COUNT, NUMBER, TEXT, Schema, array_of, mapping_of, object_with, validate

_FIGURE = object_with(**dict.fromkeys(("title", "caption", "alt", "light", "dark"), TEXT), width=NUMBER, height=NUMBER)
_ROW = object_with(values=array_of({}), mean=NUMBER, spread=NUMBER)
_SEARCH = object_with(
    searched=TEXT, candidates=COUNT, scoring=TEXT, folds=COUNT, parameters=array_of(TEXT), rows=array_of(_ROW)
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
    """An SVG of the report, and the sha256 that the manifest gives of it."""

    content: bytes
    sha256: str


@dataclass(frozen=True)
class Report:
    """report.json as it stands, empty where the bundle has none, and the drawings by the names of their files."""

    content: Mapping[str, Any]
    drawings: Mapping[str, Drawing]

    @classmethod
    def read(cls, found: Bundle) -> "Report":
        """The report of a bundle that was verified; without one, or with one of another shape, the model serves on."""
        drawings = {}
        for name, digest in found.manifest.files.items():
            path = PurePosixPath(name)
            if str(path.parent) == REPORT and path.suffix == ".svg":
                drawings[path.name] = Drawing(found.read(name), digest)
        return cls(_index(found), drawings)

    @property
    def figures(self) -> list[Mapping[str, Any]]:
        """The figures whose drawings are there, for both colour schemes."""
        figures = self.content.get("figures", [])
        return [each for each in figures if each["light"] in self.drawings and each["dark"] in self.drawings]


def _index(found: Bundle) -> Mapping[str, Any]:
    if REPORT_INDEX not in found.manifest.files:
        return {}
    try:
        content = json.loads(found.read(REPORT_INDEX).decode("utf-8"))
        validate(content, SCHEMA)
    except (ValueError, TypeError, RecursionError) as error:
        log.error("the report of %s is left out: %s", found.path, error)
        return {}
    index: Mapping[str, Any] = content
    return index

"""Requests that can be made as they stand: the rows that the model was asked when it was trained."""

import csv
import io
from typing import Any

from petalstream.bundle import Manifest
from services.api import fields, forms
from services.api.openapi.operation import Json
from services.api.wording import capital


def rows(manifest: Manifest) -> list[dict[str, Any]]:
    """The golden rows."""
    return [dict(golden["features"]) for golden in manifest.golden]


def json(manifest: Manifest) -> Json:
    """One row of each label, and all rows, one by one and in columns."""
    samples = rows(manifest)
    found: Json = {
        f"row_{example.index}": {"summary": capital(example.words), "value": samples[example.index]}
        for example in fields.examples(manifest)
    }
    if samples:
        everywhere = [name for name in samples[0] if all(name in sample for sample in samples)]
        columns = {name: [sample[name] for sample in samples] for name in everywhere}
        found["rows"] = {"summary": "Several at once", "value": samples}
        found["columns"] = {"summary": "Several at once, in columns", "value": columns}
    return found


def form(manifest: Manifest) -> Json:
    """One row of each label, as it is typed."""
    return {
        f"row_{example.index}": {
            "summary": capital(example.words),
            "value": _typed(manifest, manifest.golden[example.index]["features"]),
        }
        for example in fields.examples(manifest)
    }


def table(manifest: Manifest) -> Json:
    """All rows as CSV."""
    samples, text = rows(manifest), io.StringIO(newline="")
    writer = csv.DictWriter(text, [feature.name for feature in manifest.features], restval="")
    writer.writeheader()
    writer.writerows(_typed(manifest, sample) for sample in samples)
    return {"table": {"summary": "A table with a header", "value": text.getvalue()}} if samples else {}


def _typed(manifest: Manifest, row: dict[str, Any]) -> dict[str, str]:
    return dict(forms.filled(manifest.features, row).typed)

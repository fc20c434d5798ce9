"""Requests that can be made as they stand, with the rows that the model was asked when it was trained."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from petalstream.bundle import Manifest
from services.api import fields, forms
from services.api.openapi.operation import Json
from services.api.opening import Served
from services.api.wording import capital


def rows(manifest: Manifest) -> list[dict[str, Any]]:
    """The golden rows."""
    return [dict(golden["features"]) for golden in manifest.golden]


def json(manifest: Manifest) -> Json:
    """One row of each label, and all rows, one by one and in columns."""
    samples = rows(manifest)
    everywhere = [name for name in samples[0] if all(name in sample for sample in samples)] if samples else []
    columns = {name: [sample[name] for sample in samples] for name in everywhere}
    return (
        _of_each_label(manifest, samples)
        | _example("rows", "Several at once", samples)
        | _example("columns", "Several at once, in columns", columns)
    )


def form(manifest: Manifest) -> Json:
    """One row of each label, as it is typed."""
    return _of_each_label(manifest, [_typed(manifest, row) for row in rows(manifest)])


def table(manifest: Manifest) -> Json:
    """All rows as CSV."""
    samples, text = rows(manifest), io.StringIO(newline="")
    writer = csv.DictWriter(text, [feature.name for feature in manifest.features], restval="")
    writer.writeheader()
    writer.writerows(_typed(manifest, row) for row in samples)
    return _example("table", "A table with a header", text.getvalue() if samples else "")


def answers(served: Served) -> Json:
    """What these rows are answered, for which the model is asked."""
    found = served.scorer.predict(rows(served.manifest))
    return _of_each_label(served.manifest, found) | _example("rows", "Several at once", found)


def _typed(manifest: Manifest, row: dict[str, Any]) -> dict[str, str]:
    return dict(forms.filled(manifest.features, row).typed)


def _of_each_label(manifest: Manifest, values: Sequence[object]) -> Json:
    """The values that belong to the first golden row of each label."""
    found: Json = {}
    for first in fields.examples(manifest):
        found |= _example(f"row_{first.index}", capital(first.words), values[first.index])
    return found


def _example(name: str, summary: str, value: object) -> Json:
    """One example, or none where there is nothing to show."""
    return {name: {"summary": summary, "value": value}} if value else {}

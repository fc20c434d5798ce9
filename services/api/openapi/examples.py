"""Requests that can be made as they stand, with the rows that the model was asked when it was trained."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature, Kind
from services.api.models.loading import ServedModel
from services.api.openapi import events
from services.api.openapi.operation import Json
from services.api.pages import form_fields
from services.api.pages.text_filters import capital
from services.api.wire import datatypes, inference_json
from services.api.wire.inference_json import OUTPUTS, InferenceRequest

SEVERAL = "Several at once"


def rows(manifest: Manifest) -> list[dict[str, Any]]:
    """The golden rows."""
    return [dict(golden["features"]) for golden in manifest.golden]


def json(manifest: Manifest) -> Json:
    """One row of each label, and all rows, one by one and in columns."""
    samples = rows(manifest)
    columns = {feature.name: column for feature, column in _columns(manifest, samples)} if samples else {}
    return (
        _of_each_label(manifest, samples)
        | _example("rows", SEVERAL, samples)
        | _example("columns", f"{SEVERAL}, in columns", columns)
    )


def forms(manifest: Manifest) -> list[dict[str, Any]]:
    """The golden rows as they are typed, where yes and no are texts."""
    return [
        {
            feature.name: feature.to_text(row[feature.name]) if feature.kind is Kind.YES_NO else row[feature.name]
            for feature in manifest.features
            if feature.name in row
        }
        for row in rows(manifest)
    ]


def form(manifest: Manifest) -> Json:
    """One form of each label."""
    return _of_each_label(manifest, forms(manifest))


def table(manifest: Manifest) -> Json:
    """One row of each label, and all rows, as CSV."""
    samples = forms(manifest)
    single = [_table(manifest, [row]) for row in samples]
    return _of_each_label(manifest, single) | _example("rows", SEVERAL, _table(manifest, samples) if samples else "")


def event(manifest: Manifest) -> Json:
    """One event of each label."""
    return _of_each_label(manifest, _events(manifest))


def batch(manifest: Manifest) -> Json:
    """All rows as a batch of events."""
    return _example("rows", SEVERAL, _events(manifest))


def answers(served: ServedModel) -> Json:
    """What these rows are answered, for which the model is asked."""
    found = served.scorer.predict(rows(served.manifest)).as_rows()
    return _of_each_label(served.manifest, found) | _example("rows", SEVERAL, found)


def inference_requests(manifest: Manifest) -> Json:
    """All rows as a tensor for each feature that they all have."""
    samples = rows(manifest)
    inputs = [
        {"name": feature.name, "datatype": datatypes.declared(feature), "shape": [len(samples)], "data": column}
        for feature, column in _columns(manifest, samples)
    ]
    return _example("rows", SEVERAL, {"inputs": inputs} if samples else {})


def inference_responses(served: ServedModel) -> Json:
    """What these rows are answered, for which the model is asked."""
    samples = rows(served.manifest)
    asked = InferenceRequest(None, samples, list(OUTPUTS))
    told = inference_json.build_response(served.manifest, asked, served.scorer.predict(samples))
    return _example("rows", SEVERAL, told if samples else {})


def _events(manifest: Manifest) -> list[Json]:
    return [events.example(row, number) for number, row in enumerate(rows(manifest))]


def _columns(manifest: Manifest, samples: Sequence[dict[str, Any]]) -> list[tuple[Feature, list[Any]]]:
    """The values of each feature that all samples have."""
    everywhere = [feature for feature in manifest.features if all(feature.name in sample for sample in samples)]
    return [(feature, [sample[feature.name] for sample in samples]) for feature in everywhere]


def _table(manifest: Manifest, samples: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [feature.name for feature in manifest.features], restval="")
    writer.writeheader()
    writer.writerows(samples)
    return text.getvalue()


def _of_each_label(manifest: Manifest, values: Sequence[object]) -> Json:
    """The values that belong to the first golden row of each label."""
    found: Json = {}
    for first in form_fields.list_examples(manifest):
        found |= _example(f"row_{first.index}", capital(first.words), values[first.index])
    return found


def _example(name: str, summary: str, value: object) -> Json:
    """One example, or none where there is nothing to show."""
    return {name: {"summary": summary, "value": value}} if value else {}

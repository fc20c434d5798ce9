"""Examples of requests and responses, from the golden rows of a model."""

import csv
import io
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from petalstream import cloudevents
from petalstream.features import Feature, YesNo
from petalstream.model.manifest import Manifest
from petalstream.web.text_filters import capital
from services.api.models.loading import ServedModel
from services.api.pages import form_fields
from services.api.wire import datatypes, inference_json
from services.api.wire.inference_json import InferenceRequest

Row = dict[str, Any]
Examples = dict[str, Any]


def rows(manifest: Manifest) -> list[Row]:
    """Return the golden rows."""
    return [dict(golden["features"]) for golden in manifest.examples]


def form_rows(manifest: Manifest) -> list[Row]:
    """Return the golden rows as they are typed in a form: yes or no as a text, and the features in their order."""
    return [
        {
            feature.name: feature.to_text(row[feature.name]) if isinstance(feature, YesNo) else row[feature.name]
            for feature in manifest.features
            if feature.name in row
        }
        for row in rows(manifest)
    ]


def of_model(served: ServedModel) -> dict[str, Examples]:
    """Return the examples of each media type, for requests and responses; all empty for a model without golden rows.

    The model predicts the golden rows for the examples of responses.
    """
    manifest = served.manifest
    singles = partial(_of_each_label, manifest)
    samples, typed = rows(manifest), form_rows(manifest)
    columns = _columns(manifest, samples)
    named_columns = {feature.name: values for feature, values in columns.items()}
    events = [_event(sample, number) for number, sample in enumerate(samples)]
    predictions = served.scorer.predict(samples)
    asked = InferenceRequest(None, samples, dict.fromkeys(predictions.target.describe_tensors(), False))
    _, response = inference_json.write_response(manifest, asked, predictions)
    examples = {
        "json_examples": singles(samples) | _several(samples) | _several_in_columns(named_columns),
        "csv_examples": singles([_csv(manifest, [row]) for row in typed]) | _several(_csv(manifest, typed)),
        "ndjson_examples": _several("".join(json.dumps(sample) + "\n" for sample in samples)),
        "event_examples": singles(events),
        "event_batch_examples": _several(events),
        "form_examples": singles(typed),
        "prediction_examples": singles(predictions.as_rows()) | _several(predictions.as_rows()),
        "inference_request_examples": _several({"inputs": [_tensor(*column) for column in columns.items()]}),
        "inference_response_examples": _several(json.loads(response)),
    }
    return examples if samples else {name: {} for name in examples}


def _of_each_label(manifest: Manifest, values: Sequence[object]) -> Examples:
    """Return the value of the first golden row of each label."""
    return {
        f"row_{first.index}": {"summary": capital(first.words), "value": values[first.index]}
        for first in form_fields.list_examples(manifest)
    }


def _several(value: object) -> Examples:
    return {"rows": {"summary": "Several at once", "value": value}}


def _several_in_columns(value: object) -> Examples:
    return {"columns": {"summary": "Several at once, in columns", "value": value}}


def _columns(manifest: Manifest, samples: Sequence[Row]) -> dict[Feature, list[Any]]:
    """Return the values of each feature that a sample has, null for the samples without."""
    features = [feature for feature in manifest.features if any(feature.name in sample for sample in samples)]
    return {feature: [sample.get(feature.name) for sample in samples] for feature in features}


def _tensor(feature: Feature, values: Sequence[object]) -> dict[str, object]:
    return {"name": feature.name, "datatype": datatypes.declared(feature), "shape": [len(values)], "data": values}


def _csv(manifest: Manifest, typed: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [feature.name for feature in manifest.features], restval="")
    writer.writeheader()
    writer.writerows(typed)
    return text.getvalue()


def _event(row: Row, number: int) -> dict[str, Any]:
    attributes = {"specversion": cloudevents.SPECVERSION, "id": str(number), "source": "/examples"}
    return {**attributes, "type": "example.sample", cloudevents.DATA: row}

"""The values of the placeholders in operations.yaml: schemas, patterns and lists that the code defines elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from petalstream import cloudevents
from petalstream.history.events import Kind, Mover
from petalstream.json_schema import TEXT, Schema, one_of
from petalstream.messages import MODEL_NAME
from petalstream.model import manifest_schema
from petalstream.reasons import Reason
from petalstream.web.text_filters import capital
from services.api import deadline
from services.api.models import reports
from services.api.models.loading import ServedModel
from services.api.openapi import examples, responses, rows, tensors
from services.api.wire import datatypes

Json = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """The settings and files that the document depends on.

    Operations of the `open_parts` need no API key; None where no keys are configured.
    """

    default_model: str
    open_parts: Sequence[str] | None
    static_files: Sequence[str]
    docs_files: Sequence[str]


def shared(served: Sequence[ServedModel], deployment: Deployment) -> Json:
    """Return the values that do not depend on one model."""
    titles = {one.manifest.model: one.manifest.title for one in served}
    default = titles.get(deployment.default_model)
    model_name: Schema = {"type": "string", "pattern": f"^{MODEL_NAME.pattern}$"}
    return {
        "default_summary": "Predict with the default model" + (f": {default}" if default is not None else ""),
        "model_name": model_name | ({"examples": list(titles)} if titles else {}),
        "version_pattern": responses.VERSION["pattern"],
        "timeout_pattern": f"^{deadline.PATTERN}$",
        "event_data_pattern": cloudevents.JSON_TYPE,
        "reasons": [*Reason, None],
        "datatypes": list(datatypes.DATATYPES),
        "static_files": list(deployment.static_files),
        "docs_files": list(deployment.docs_files),
        "history_events": list(Kind),
        "history_movers": list(Mover),
        "report": reports.SCHEMA,
        **{f"manifest_{name}": schema for name, schema in manifest_schema.SCHEMA["properties"].items()},
    }


def of_model(served: ServedModel) -> Json:
    """Return the values for one model: its schemas, and its examples from the golden rows."""
    manifest, files = served.manifest, list(served.report.drawings)
    return {
        "model": manifest.model,
        "version": manifest.version,
        "tag": {"name": manifest.model, "description": f"{manifest.title}, version {manifest.version}"},
        "last_example": max(len(manifest.examples) - 1, 0),
        "drawing": one_of(files) if files else TEXT,
        "row": rows.row(manifest.features, rows.value, examples.rows(manifest)) | {"title": capital(manifest.sample)},
        "columns": rows.row(manifest.features, rows.column),
        "split": rows.split(manifest.features),
        "form": rows.row(manifest.features, rows.form_field, examples.form_rows(manifest)),
        "prediction": responses.prediction(manifest),
        "prediction_columns": responses.prediction_columns(manifest),
        "inference_request": tensors.request(manifest),
        "inference_response": tensors.response(manifest),
        **examples.of_model(served),
    }

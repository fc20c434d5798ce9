"""Rows and predictions as CSV (RFC 4180), with a header."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from petalstream.features import Feature
from petalstream.model.manifest import Manifest
from petalstream.tables.csv_lines import CsvError
from petalstream.tables.csv_table import read_table
from services.api.errors import UnreadableBody


def parse(text: str, features: Sequence[Feature]) -> list[dict[str, object]]:
    """Return the rows, each with its features' values by name; an empty cell has no value, a blank line is no row.

    Raises UnreadableBody, with the number of the line, for a broken CSV, header or row, and where there is no row.
    """
    known = {feature.name: feature for feature in features}
    try:
        table = read_table(text, known)
    except CsvError as error:
        raise _unreadable(error.line, str(error)) from error
    for line, message in table.uneven:
        raise _unreadable(line, message)
    if not table.lines:
        raise UnreadableBody("the CSV has a header alone; at least one row is needed")
    return [
        {
            name: known[name].parse(cell) if name in known else cell
            for name, cell in zip(table.columns, cells, strict=True)
            if cell.strip()
        }
        for _, cells in table.lines
    ]


def write(manifest: Manifest, predictions: Sequence[Mapping[str, Any]], reports: bool) -> bytes:
    """Return a header and a line for each prediction, in UTF-8.

    The columns depend on the model and on `reports`: whether a row can have errors in place of a prediction.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _prediction_columns(manifest, reports), restval="")
    writer.writeheader()
    writer.writerows(map(_prediction_cells, predictions))
    # An error message may repeat half of a surrogate pair from the client's JSON, which UTF-8 cannot encode.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _unreadable(line: int, message: str) -> UnreadableBody:
    return UnreadableBody(f"line {line} of the CSV: {message}")


def _prediction_columns(manifest: Manifest, reports: bool) -> list[str]:
    return [
        "label",
        *(f"probability_{label}" for label in manifest.scored_labels),
        *(f"threshold_{label}" for label in manifest.threshold),
        *(f"vote_{voter}" for voter in manifest.voters),
        *("model", "version", "warnings"),
        *(["unused"] if len(manifest.inputs) < len(manifest.features) else []),
        *(["errors"] if reports else []),
    ]


def _prediction_cells(prediction: Mapping[str, Any]) -> dict[str, Any]:
    if "errors" in prediction:
        errors = (f"{error['field'] or ''} {error['message']}".strip() for error in prediction["errors"])
        return {"errors": "; ".join(errors)}
    cells = {name: prediction[name] for name in ("label", "model", "version")}
    cells |= {f"probability_{label}": share for label, share in prediction["probabilities"].items()}
    cells |= {f"threshold_{label}": least for label, least in prediction.get("threshold", {}).items()}
    cells |= {f"vote_{voter}": label for voter, label in prediction.get("votes", {}).items()}
    return cells | {name: "; ".join(prediction[name]) for name in ("warnings", "unused") if name in prediction}

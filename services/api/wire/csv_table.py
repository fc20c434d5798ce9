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
from services.api.targets import Target, target_of


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
    text, target = io.StringIO(newline=""), target_of(manifest)
    writer = csv.DictWriter(text, _prediction_columns(manifest, target, reports), restval="")
    writer.writeheader()
    writer.writerows(_prediction_cells(target, prediction) for prediction in predictions)
    # An error message may repeat half of a surrogate pair from the client's JSON, which UTF-8 cannot encode.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _unreadable(line: int, message: str) -> UnreadableBody:
    return UnreadableBody(f"line {line} of the CSV: {message}")


def _prediction_columns(manifest: Manifest, target: Target[Any], reports: bool) -> list[str]:
    return [
        *target.csv_columns(),
        *("model", "version", "warnings"),
        *(["unused"] if len(manifest.inputs) < len(manifest.features) else []),
        *(["errors"] if reports else []),
    ]


def _prediction_cells(target: Target[Any], prediction: Mapping[str, Any]) -> dict[str, Any]:
    if "errors" in prediction:
        errors = (f"{error['field'] or ''} {error['message']}".strip() for error in prediction["errors"])
        return {"errors": "; ".join(errors)}
    lists = {name: "; ".join(prediction[name]) for name in ("warnings", "unused") if name in prediction}
    return {**target.csv_cells(prediction), "model": prediction["model"], "version": prediction["version"], **lists}

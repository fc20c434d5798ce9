"""Rows and predictions as CSV (RFC 4180), with a header."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from petalstream.bundle import Manifest
from petalstream.csv_lines import CsvError, numbered_lines
from petalstream.decimal_comma import with_dot
from petalstream.schema import Feature
from services.api.errors import UnreadableBody
from services.api.wire import csv_dialect

# The number of a line, and its cells.
Line = tuple[int, list[str]]


def parse(text: str, features: Sequence[Feature]) -> list[dict[str, object]]:
    """Return the rows, each with its features' values by name; an empty cell has no value, a blank line is no row.

    Raises UnreadableBody, with the number of the line, for a broken CSV, header or row, and where there is no row.
    """
    try:
        return _rows(text, features)
    except CsvError as error:
        raise _unreadable(error.line, f"cannot be read: {error}") from error


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


def _rows(text: str, features: Sequence[Feature]) -> list[dict[str, object]]:
    known = {feature.name: feature for feature in features}
    dialect = csv_dialect.detect(text, known)
    lines = [each for each in numbered_lines(text, dialect.separator) if each[1]][dialect.lines_before :]
    if not lines:
        raise UnreadableBody("the CSV is empty; a header that names the features is needed, and at least one row")
    (header_line, header), *body = lines
    for line, cells in body:
        if len(cells) != len(header):
            raise _unreadable(line, csv_dialect.describe_line(cells, header, dialect.separator))
    if not body:
        raise UnreadableBody("the CSV has a header alone; at least one row is needed")
    if _has_index(header, [cells for _, cells in body]):
        header, body = header[1:], [(line, cells[1:]) for line, cells in body]
    names = _names(header_line, header)
    if dialect.separator != ",":
        body = _with_decimal_dots(body, [name in known and known[name].is_number for name in names])
    return [
        {
            name: known[name].parse(cell) if name in known else cell
            for name, cell in zip(names, cells, strict=True)
            if cell.strip()
        }
        for _, cells in body
    ]


def _with_decimal_dots(body: list[Line], is_number: Sequence[bool]) -> list[Line]:
    """Return the lines with dots for decimal commas in the columns of numbers. Raises CsvError for an ambiguous one."""
    numbers = ((line, cell) for line, cells in body for cell, counts in zip(cells, is_number, strict=True) if counts)
    if not csv_dialect.has_decimal_commas(numbers):
        return body
    return [
        (line, [with_dot(cell) if counts else cell for cell, counts in zip(cells, is_number, strict=True)])
        for line, cells in body
    ]


def _has_index(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first column is the index that pandas writes: without a name, and of whole numbers."""
    return len(header) > 1 and not header[0].strip() and all(cells[0].strip().isdecimal() for cells in rows)


def _names(line: int, header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    for name, times in Counter(names).items():
        if not name:
            index = "; to_csv(index=False) of pandas leaves out its index" if not names[0] else ""
            raise _unreadable(line, f"is the header, and a name in it is empty{index}")
        if times > 1:
            raise _unreadable(line, f"is the header, and {name[:40]!r} is in it {times} times")
    return names


def _unreadable(line: int, message: str) -> UnreadableBody:
    return UnreadableBody(f"line {line} of the CSV {message}")


def _prediction_columns(manifest: Manifest, reports: bool) -> list[str]:
    return [
        "label",
        *(f"probability_{label}" for label in manifest.labels),
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
    cells |= {f"vote_{voter}": label for voter, label in prediction.get("votes", {}).items()}
    return cells | {name: "; ".join(prediction[name]) for name in ("warnings", "unused") if name in prediction}

"""Rows and predictions as CSV (RFC 4180), with a header."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from petalstream.bundle import Manifest
from petalstream.schema import Feature
from services.api.errors import UnreadableBody


def parse(text: str, features: Sequence[Feature]) -> list[dict[str, object]]:
    """The rows, each with the values that its cells mean; an empty cell is not given, and a blank line is no row.

    Raises UnreadableBody, with the line where the fault begins, for what is no table of one row or more.
    """
    lines = _lines(text)
    line, header = next(lines, (1, []))
    names = _names(line, header)
    known = {feature.name: feature for feature in features}
    rows: list[dict[str, object]] = []
    for line, cells in lines:
        if len(cells) != len(names):
            raise _fault(line, f"has {_number_of_cells(len(cells))}, and the header {len(names)}")
        rows.append(
            {
                name: known[name].parse(cell) if name in known else cell
                for name, cell in zip(names, cells, strict=True)
                if cell.strip()
            }
        )
    if not rows:
        raise UnreadableBody("the CSV has a header alone; at least one row is needed")
    return rows


def write(manifest: Manifest, answers: Sequence[Mapping[str, Any]], reports: bool) -> bytes:
    """A header and a line for each answer that the scorer gave.

    Which columns there are depends on the model, and on whether faults are in the answers (`reports`), alone.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _prediction_columns(manifest, reports), restval="")
    writer.writeheader()
    writer.writerows(map(_prediction_cells, answers))
    # A client can name half of a surrogate pair in JSON, and gets it back in what is said of it.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that is not blank, with the number of the line, or of the first where it has several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _fault(line, f"cannot be read: {error}") from error
        if cells is None:
            return
        if cells:
            yield line, cells


def _names(line: int, header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    if not names:
        raise UnreadableBody("the CSV is empty; a header that names the features is needed, and at least one row")
    for name, times in Counter(names).items():
        if not name:
            raise _fault(line, "is the header, and a name in it is empty")
        if times > 1:
            raise _fault(line, f"is the header, and {name[:40]!r} is in it {times} times")
    return names


def _fault(line: int, message: str) -> UnreadableBody:
    return UnreadableBody(f"line {line} of the CSV {message}")


def _number_of_cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _prediction_columns(manifest: Manifest, reports: bool) -> list[str]:
    return [
        "label",
        *(f"probability_{label}" for label in manifest.labels),
        *(f"vote_{voter}" for voter in manifest.voters),
        *("model", "version", "warnings"),
        *(["unused"] if len(manifest.inputs) < len(manifest.features) else []),
        *(["errors"] if reports else []),
    ]


def _prediction_cells(answer: Mapping[str, Any]) -> dict[str, Any]:
    if "errors" in answer:
        faults = (f"{error['field'] or ''} {error['message']}".strip() for error in answer["errors"])
        return {"errors": "; ".join(faults)}
    cells = {name: answer[name] for name in ("label", "model", "version")}
    cells |= {f"probability_{label}": share for label, share in answer["probabilities"].items()}
    cells |= {f"vote_{voter}": label for voter, label in answer.get("votes", {}).items()}
    return cells | {name: "; ".join(answer[name]) for name in ("warnings", "unused") if name in answer}

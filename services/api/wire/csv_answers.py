"""Answers as CSV (RFC 4180)."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from petalstream.bundle import Manifest


def write(manifest: Manifest, answers: Sequence[Mapping[str, Any]], reports: bool) -> bytes:
    """A header and a line for each answer that the scorer gave.

    Which columns there are depends on the model, and on whether faults are in the answers (`reports`), alone.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _columns(manifest, reports), restval="")
    writer.writeheader()
    writer.writerows(map(_cells, answers))
    # A client can name half of a surrogate pair in JSON, and gets it back in what is said of it.
    return text.getvalue().encode("utf-8", "backslashreplace")


def _columns(manifest: Manifest, reports: bool) -> list[str]:
    return [
        "label",
        *(f"probability_{label}" for label in manifest.labels),
        *(f"vote_{voter}" for voter in manifest.voters),
        *("model", "version", "warnings"),
        *(["unused"] if len(manifest.inputs) < len(manifest.features) else []),
        *(["errors"] if reports else []),
    ]


def _cells(answer: Mapping[str, Any]) -> dict[str, Any]:
    if "errors" in answer:
        faults = (f"{error['field'] or ''} {error['message']}".strip() for error in answer["errors"])
        return {"errors": "; ".join(faults)}
    cells = {name: answer[name] for name in ("label", "model", "version")}
    cells |= {f"probability_{label}": share for label, share in answer["probabilities"].items()}
    cells |= {f"vote_{voter}": label for voter, label in answer.get("votes", {}).items()}
    return cells | {name: "; ".join(answer[name]) for name in ("warnings", "unused") if name in answer}

"""Writes the file of a model that was fitted elsewhere."""

from collections.abc import Sequence

from services.trainer.definition import Fitted
from services.trainer.drafting.columns import Guess, given, quoted, unit_of
from services.trainer.drafting.draft import csv_argument, kinds_of, needs_csv, split_argument
from services.trainer.drafting.layout import lay_out
from services.trainer.drafting.table import Table


def write_definition(
    csv: str, table: Table, target: str, columns: Sequence[Guess], labels: Sequence[str], fitted: Fitted
) -> str:
    """Return the Python file of the model; without `labels` it predicts a number."""
    missing = len(given(table.columns[target])) < len(table.columns[target])
    predicted = _target(target, labels, ", optional=True" if missing else "")
    parts = {"Classes": bool(labels), "Csv": needs_csv(table), "Definition": True, "Fitted": True}
    split = list(split_argument(columns, table, target))
    parts["Split"] = bool(split)
    parts["Ignored"] = any(column.kind == "Ignored" for column in columns)
    lines = [
        f'"""{csv}: written by `make import`. What was guessed of a column stands beside it."""',
        "",
        f"from petalstream.features import {', '.join(kinds_of(columns, predicted))}",
        f"from services.trainer.definition import {', '.join(name for name, is_needed in parts.items() if is_needed)}",
        "",
        "MODEL = Definition(",
        f"    csv={csv_argument(csv, table)},",
        "    features=[",
        *(line for column in columns for line in lay_out(column.code, column.comment)),
        "    ],",
        *lay_out(f"target={predicted.code}", predicted.comment, indent=4),
        *split,
        *lay_out(f"fitted={_fitted(fitted)}", "", indent=4),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _target(name: str, labels: Sequence[str], optional: str) -> Guess:
    if labels:
        return Guess("Classes", name, f"Classes({quoted(name)}, [{', '.join(map(quoted, labels))}]{optional})")
    said = "" if unit_of(name) else "fill in the unit"
    return Guess("Number", name, f"Number({quoted(name)}, unit={quoted(unit_of(name))}{optional})", said)


def _fitted(fitted: Fitted) -> str:
    types = f", types=[{', '.join(map(quoted, fitted.types))}]" if fitted.types else ""
    pairs = ", ".join(f"{quoted(name)}: {quoted(version)}" for name, version in fitted.made_with.items())
    return f"Fitted({quoted(fitted.path)}{types}" + (f", made_with={{{pairs}}}" if pairs else "") + ")"

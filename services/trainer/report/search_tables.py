"""What the report says in tables: the best candidates of each search."""

from collections.abc import Sequence
from typing import Any

from services.trainer.fitting.grid_search import FOLDS, Table

ROWS = 10


def searches(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Of each search the ROWS best candidates, the best first; scores have four decimals."""
    return [_search(table) for table in tables]


def _search(table: Table) -> dict[str, Any]:
    names = list(table.rows[0][0]) if table.rows else []
    return {
        "searched": table.searched,
        "scoring": table.scoring,
        "folds": FOLDS,
        "candidates": len(table.rows),
        "parameters": names,
        "rows": [
            {"values": [str(chosen[name]) for name in names], "mean": round(mean, 4), "spread": round(spread, 4)}
            for chosen, mean, spread in table.rows[:ROWS]
        ],
    }

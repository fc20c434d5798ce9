"""Tables of the report: the best candidates of each search."""

from collections.abc import Sequence
from typing import Any

from services.trainer.fitting.grid_search import FOLDS, SearchScores

ROWS = 10


def best_candidates(searches: Sequence[SearchScores]) -> list[dict[str, Any]]:
    """Return for each search its ROWS best candidates, the best first, with scores of four decimals."""
    return [_table(search) for search in searches]


def _table(search: SearchScores) -> dict[str, Any]:
    names = list(search.rows[0][0]) if search.rows else []
    return {
        "searched": search.searched,
        "scoring": search.scoring,
        "folds": FOLDS,
        "candidates": len(search.rows),
        "parameters": names,
        "rows": [
            {"values": [str(chosen[name]) for name in names], "mean": round(mean, 4), "spread": round(spread, 4)}
            for chosen, mean, spread in search.rows[:ROWS]
        ],
    }

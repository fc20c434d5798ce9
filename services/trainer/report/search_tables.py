"""Tables of the report: the best candidates of each search."""

from collections.abc import Sequence
from typing import Any

from services.trainer.definition.scores import measure
from services.trainer.fitting.grid_search import SearchScores

ROWS = 10


def best_candidates(searches: Sequence[SearchScores]) -> list[dict[str, Any]]:
    """Return for each search its ROWS best candidates, the best first, with scores of six significant digits."""
    return [_table(search) for search in searches]


def _table(search: SearchScores) -> dict[str, Any]:
    names = list(search.rows[0][0]) if search.rows else []
    measured, sign = measure(search.scoring)
    return {
        "searched": search.searched,
        "scoring": measured,
        "folds": search.folds,
        "candidates": len(search.rows),
        "parameters": names,
        "rows": [
            {"values": [str(chosen[name]) for name in names], "mean": _rounded(sign * mean), "spread": _rounded(spread)}
            for chosen, mean, spread in search.rows[:ROWS]
        ],
    }


def _rounded(score: float) -> float:
    return float(f"{score:.6g}")

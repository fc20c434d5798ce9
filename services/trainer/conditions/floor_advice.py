"""How many rows a floor needs."""

import math

from services.trainer.conditions.rates import Estimate, Z


def advise(metric: str, estimate: Estimate, floor: float, rows: int) -> str:
    """Return after a colon what it takes for the lower bound to reach the floor, "" if more rows would not help.

    Wilson's bound of an accuracy p on n rows reaches the floor f if p is at least f + z √(f (1 - f) / n). The width of
    any other interval is taken to shrink with the root of the rows.
    """
    if metric == "accuracy":
        return f": {_advise_accuracy(estimate, floor, rows)}"
    if estimate.value <= floor:
        return ""
    count = rows * ((estimate.value - estimate.low) / (estimate.value - floor)) ** 2
    return f": about {math.ceil(count):,} rows are needed if it stays so"


def _advise_accuracy(estimate: Estimate, floor: float, rows: int) -> str:
    if floor >= 1:
        return "no number of rows shows that"
    fewest = math.ceil(Z**2 * floor / (1 - floor))
    right = math.ceil(rows * floor + math.sqrt(Z**2 * rows * floor * (1 - floor)))
    said = f"{right} of {rows} would have to be right" if rows >= fewest else f"at least {fewest} rows are needed"
    if not floor < estimate.value < 1:
        return said
    count = math.ceil(Z**2 * floor * (1 - floor) / (estimate.value - floor) ** 2)
    return f"{said}, and about {count:,} rows are needed if it stays so"

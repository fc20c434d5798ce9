"""The histogram of the errors of predicted numbers."""

from petalstream.readable import readable
from services.dashboard.pages import words
from services.dashboard.pages.charts import BAR_GAP, Bar, Chart
from services.dashboard.pages.scales import BOTTOM, LEFT, RIGHT, Tick, steps, up, value_ticks
from services.dashboard.snapshot import Residuals


def draw_residuals(residuals: Residuals) -> Chart:
    """Return the histogram of predicted less true numbers."""
    edges, unit = residuals.edges, residuals.unit
    ticks = steps(max(residuals.counts, default=0))
    low, span = edges[0], (edges[-1] - edges[0]) or 1.0

    def x(value: float) -> float:
        return round(LEFT + (value - low) / span * (RIGHT - LEFT), 1)

    bars = [
        Bar(x(left), up(number, ticks[-1]), max(x(right) - x(left) - BAR_GAP, BAR_GAP), BOTTOM - up(number, ticks[-1]))
        for left, right, number in zip(edges, edges[1:], residuals.counts, strict=False)
    ]
    shown = [low, 0.0, edges[-1]] if low < 0 < edges[-1] else [low, edges[-1]]
    rows = [
        (f"{readable(left, digits=3)} to {readable(right, unit, 3)}", words.count(number))
        for left, right, number in zip(edges, edges[1:], residuals.counts, strict=False)
    ]
    summary = f"Predicted less true numbers; their mean is {readable(residuals.mean, unit, 3)}."
    x_ticks = [Tick(x(value), readable(value, digits=3)) for value in shown]
    return Chart(
        *("residuals", "Residuals", "predictions", summary, value_ticks(ticks), x_ticks, ["Predictions"]),
        *(("Predicted less true", "Predictions"), rows),
        bars=bars,
    )

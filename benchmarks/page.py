"""The page that a run writes: each question with its figures, what is to be reached and whether it is."""

from pathlib import Path

from benchmarks.results import OURS, Bar, Results, Row, median

TITLES = {
    "http": "Predictions over HTTP",
    "stream": "Predictions on the stream",
    "latency": "Latency from end to end",
    "memory": "Memory",
    "start": "Starting",
    "images": "Images",
}
HEAD = "| what | measured | to reach | reached |\n| --- | --- | --- | --- |"


def tables(results: Results) -> str:
    """All rows, a table for each section."""
    parts = []
    for section, title in TITLES.items():
        rows = [row for row in results.rows.values() if row.section == section]
        if rows:
            parts.append("\n".join([f"## {title}", "", HEAD, *map(line, rows)]))
    return "\n\n".join(parts)


def line(row: Row) -> str:
    """One row of a table."""
    order = sorted(row.measured, key=lambda title: (title != OURS, -median(row.measured[title])))
    figures = [f"{title}: {figure(row, title)}" for title in order]
    figures += [f"{title}: not measured: {first_line(reason)}" for title, reason in row.missing.items()]
    bars = [aim(row, bar) for bar in row.bars]
    verdicts = [verdict(row, bar) for bar in row.bars]
    cells = [f"{row.what}, {row.unit}", "<br>".join(figures), "<br>".join(bars), "<br>".join(verdicts)]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def figure(row: Row, title: str) -> str:
    """The median of a contestant's rounds, and the least and most of them."""
    found = row.measured[title]
    spread = f" ({short(min(found))} to {short(max(found))})" if len(found) > 1 else ""
    return f"**{short(median(found))}**{spread}"


def aim(row: Row, bar: Bar) -> str:
    """What is to be reached, in words."""
    if bar.against:
        return f"≥ {bar.least:g} × {bar.against}"
    return f"≤ {bar.most:g} {row.unit}" if bar.most is not None else f"≥ {bar.least:g} {row.unit}"


def verdict(row: Row, bar: Bar) -> str:
    """Whether it is reached, with the ratio or figure that says so."""
    value, reached = row.value(bar), row.reached(bar)
    if value is None:
        return "not measured"
    shown = f"{value:.2f} ×" if bar.against else short(value)
    return f"{'yes' if reached else '**no**'}: {shown}"


def short(number: float) -> str:
    """A figure with three digits that mean something, thousands apart."""
    if number >= 1000:
        return f"{round(number, -len(str(int(number))) + 3):,.0f}"
    return f"{number:.3g}"


def first_line(text: str) -> str:
    """The beginning of what an error says."""
    return (text.strip().splitlines() or [""])[0][:200]


def write(results: Results, path: Path, images: Path) -> None:
    """Write the page."""
    path.write_text(tables(results))

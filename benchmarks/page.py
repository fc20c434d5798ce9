"""The page that a run writes: each question with its figures, what is to be reached and whether it is."""

import os
from pathlib import Path

from benchmarks import plots
from benchmarks.results import OURS, Bar, Profile, Results, Row, median

TITLES = {
    "http": "Predictions over HTTP",
    "stream": "Predictions on the stream",
    "latency": "Latency from end to end",
    "isolation": "A fast model beside a slow one",
    "live": "The live page beside the stream",
    "memory": "Memory",
    "start": "Starting",
    "images": "Images",
    "kinds": "Kinds of estimators",
}
DRAWN = ("http one row", "http many named rows", "stream", "stream fast")
HEAD = "| what | measured | to reach | reached |\n| --- | --- | --- | --- |"
OPENING = """\
# Benchmarks

Written by `make bench`, which measures everything on one machine in one run; `make bench QUICK=1` takes less than
three minutes and prints rough numbers. Contestants take turns, each started anew, and a figure is the median of its
rounds with the least and the most of them behind it. What counts is a ratio of two figures from the same run: the
figures themselves are the machine's. [benchmarks/README.md]({readme}) says how each is measured.
"""
MARK = "<!-- By hand from here on: `make bench` keeps what follows. -->"


def write(results: Results, path: Path, images: Path) -> None:
    """Write the page and its pictures; what stands under the mark at the end of an older page is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    by_hand = path.read_text().partition(MARK)[2] if path.exists() else "\n"
    readme = Path(__file__).with_name("README.md")
    parts = [
        OPENING.format(readme=os.path.relpath(readme, path.parent)),
        _machine(results),
        tables(results),
        _pictures(results, path, images),
        _profiles(results),
    ]
    path.write_text("\n\n".join(part.strip() for part in parts if part) + f"\n\n{MARK}{by_hand}")


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
    figures += [f"{_unmeasured(row, title)}: {_beginning(reason)}" for title, reason in row.missing.items()]
    aims, verdicts = [aim(row, bar) for bar in row.bars], [verdict(row, bar) for bar in row.bars]
    cells = [f"{row.what}, {row.unit}", "<br>".join(figures), "<br>".join(aims), "<br>".join(verdicts)]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _unmeasured(row: Row, title: str) -> str:
    return f"{title}, in a later round" if title in row.measured else f"{title}: not measured"


def figure(row: Row, title: str) -> str:
    """The median of a contestant's rounds, and the least and most of them."""
    found = row.measured[title]
    spread = f" ({short(min(found))} to {short(max(found))})" if len(found) > 1 else ""
    return f"**{short(median(found))}**{spread}"


def aim(row: Row, bar: Bar) -> str:
    """What is to be reached, in words."""
    bound = f"≤ {bar.most:g}" if bar.least is None else f"≥ {bar.least:g}"
    return f"{bound} × {bar.against}" if bar.against else f"{bound} {row.unit}"


def verdict(row: Row, bar: Bar) -> str:
    """Whether it is reached, with the ratio or figure that says so."""
    value = row.value(bar)
    if value is None:
        return "not measured"
    return f"{'yes' if row.reached(bar) else '**no**'}: {short(value)}{' ×' if bar.against else ''}"


def short(number: float) -> str:
    """A figure with three digits that mean something, and commas between thousands."""
    if abs(number) >= 1000:
        return f"{round(number, 3 - len(str(int(abs(number))))):,.0f}"
    return f"{number:.3g}"


def _machine(results: Results) -> str:
    rows = [f"| {name} | {value} |" for name, value in results.machine.items()]
    days = sorted({row.measured_on for row in results.rows.values()})
    if len(days) > 1:
        rows.append(f"| rows measured | from {days[0]} to {days[-1]} |")
    return "\n".join(["## The machine", "", "| | |", "| --- | --- |", *rows])


def _pictures(results: Results, path: Path, images: Path) -> str:
    parts = []
    for row in [row for name, row in results.rows.items() if name in DRAWN and row.measured]:
        file = images / f"{row.name.replace(' ', '-')}.svg"
        plots.bars(row, file)
        parts.append(_picture(row.what[0].upper() + row.what[1:], f"{row.unit} of each contestant", file, path))
    for curve in results.curves.values():
        file = images / f"{curve.name}.svg"
        plots.lines(curve, file)
        parts.append(_picture(curve.title, f"{curve.y} by {curve.x}", file, path))
    return "\n\n".join(["## Pictures", *parts]) if parts else ""


def _picture(title: str, shown: str, file: Path, path: Path) -> str:
    return f"{title}:\n\n![{title}: {shown}]({os.path.relpath(file, path.parent)})"


def _profiles(results: Results) -> str:
    if not results.profiles:
        return ""
    said = "Samples that py-spy takes from outside of the threads that run Python; each share is of all samples."
    return "\n\n".join(["## Profile", said, *map(_profile, results.profiles.values())])


def _profile(profile: Profile) -> str:
    rows = [f"| `{name}` | {own:.1%} | {total:.1%} |" for name, own, total in profile.functions]
    head = f"| {profile.name}: function | own time | with what it calls |"
    return "\n".join([head, "| --- | --- | --- |", *rows])


def _beginning(text: str) -> str:
    """The first line of what an error says, and no more of it than a table can take."""
    return (text.strip().splitlines() or [""])[0][:160]

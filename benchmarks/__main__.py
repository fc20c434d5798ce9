"""`python -m benchmarks [--quick] [SECTION ...]`: measure and write down; exit code 1 where something does not run."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from benchmarks import (
    curves,
    http_rows,
    images,
    isolation,
    kinds,
    latency,
    live_page,
    machine,
    memory,
    page,
    profiles,
    start,
    stream_rows,
)
from benchmarks.bench import CACHE, FAILURES, ROOT, Bench, say
from benchmarks.results import Curve, Profile, Results, Row
from embedded.processes import Processes, python
from petalstream import lifecycle, settings
from petalstream.lifecycle import Stop

TRAIN_SECONDS = 1800
MODELS = CACHE / "models"
SECTIONS: Mapping[str, Callable[[Bench], Iterator[Row | Curve | Profile]]] = {
    "http": http_rows.measure,
    "stream": stream_rows.measure,
    "latency": latency.measure,
    "isolation": isolation.measure,
    "live": live_page.measure,
    "memory": memory.measure,
    "start": start.measure,
    "images": images.measure,
    "kinds": kinds.measure,
    "curves": curves.measure,
    "profile": profiles.measure,
}

QUICK_SECTIONS = ("http", "stream", "latency", "isolation", "memory", "start")


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice(list(SECTIONS)), metavar="[SECTION]...")
@click.option("--quick", is_flag=True, help="Rough numbers within three minutes, printed and not put into docs/.")
def main(sections: tuple[str, ...], quick: bool) -> None:
    """Measure the sections named, or all of them, and write what was found beside what was found before."""
    lifecycle.exit_on_sigterm()
    kept = CACHE / ("quick.json" if quick else "results.json")
    results = Results() if quick else Results.read(kept)
    failed = False
    with tempfile.TemporaryDirectory(prefix="petalstream-bench-") as folder:
        bench = Bench(quick, MODELS, Path(folder))
        train(quick)
        for name in sections or (QUICK_SECTIONS if quick else SECTIONS):
            failed |= not measured(bench, name, results)
            results.machine = machine.describe()
            results.write(kept)
    print(page.tables(results))
    if quick:
        page.write(results, CACHE / "benchmarks.md", CACHE / "images")
    else:
        page.write(results, ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images" / "benchmarks")
    sys.exit(1 if failed else 0)


def train(quick: bool) -> None:
    """Train what is asked about, unless that was done before; quickly Iris alone."""
    with Processes(Stop()) as processes:
        models = ["iris"] if quick else []
        command = python("services.trainer", *models, "--if-changed")
        processes.run("the trainer", command, settings.inherited(models_dir=MODELS), TRAIN_SECONDS)


def measured(bench: Bench, section: str, results: Results) -> bool:
    """Add a section's rows and curves to the results; whether all of it ran."""
    say(section)
    try:
        for found in SECTIONS[section](bench):
            results.add(found)
    except FAILURES as error:
        print(f"benchmarks: {section}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")

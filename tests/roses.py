"""A checkout with models of roses, of all kinds that people bring; and one whose CSV is wrong."""

import csv
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

BROUGHT = Path(__file__).parent / "integration" / "brought"
MODELS = ("careful", "notes", "plain", "rose")
WRONG, CODE = "wrong", "clipping.py"
COLUMNS = ["height", "thorns", "scented", "colour", "garden", "notes", "variety"]


def roses() -> Iterator[list[object]]:
    """Rows that are made up: gallica is low, thorny and red, alba tall and white."""
    draw = random.Random(0)
    for _ in range(50):
        colour, height = draw.choice(["dark red", "pink"]), draw.gauss(90, 15)
        yield [height, draw.randint(15, 30), "yes", colour, "north", "low and dense", "gallica"]
        colour, scented = "white", draw.choice([0, 1])
        yield [draw.gauss(180, 15), draw.randint(0, 10), scented, colour, "south", "tall, light", "alba"]


def bring(checkout: Path, models: tuple[str, ...] = (*MODELS, WRONG)) -> None:
    """Add the models to a checkout: their CSV, a file for each, and the code of one."""
    with (checkout / "data" / "roses.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *roses()])
    for name in models:
        shutil.copy(BROUGHT / f"{name}.py", checkout / "services" / "trainer" / "models")
    shutil.copy(BROUGHT / CODE, checkout / "model_code")

"""CSVs of public data that comes with installed packages."""

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from importlib.resources import files

import palmerpenguins
from sklearn import datasets

from petalstream.features import Feature, Integer, Number

Content = Callable[[], bytes]
RAW_PENGUINS = files(palmerpenguins) / "data" / "penguins-raw.csv"


def write(rows: Iterable[Sequence[object]], delimiter: str = ",") -> bytes:
    """Return rows as a CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@cache
def of_scikit_learn(name: str, most_columns: int = 64) -> bytes:
    """Return one of scikit-learn's data sets, with the name of each row's class as `kind`."""
    data = getattr(datasets, f"load_{name}")()
    names = [_column(each) for each in data.feature_names][:most_columns]
    rows = ([*row[:most_columns], data.target_names[code]] for row, code in zip(data.data, data.target, strict=True))
    return write([[*names, "kind"], *rows])


def numbers(name: str, most_columns: int = 64) -> list[Feature]:
    """Return the features of one of scikit-learn's data sets."""
    names = getattr(datasets, f"load_{name}")().feature_names[:most_columns]
    return [Integer(each) if name == "digits" else Number(_column(each), minimum=0) for each in names]


def of(name: str) -> Content:
    """Return a function that makes the CSV of one of scikit-learn's data sets."""
    return partial(of_scikit_learn, name)


def penguins() -> bytes:
    """Return the penguins, with NA for missing values."""
    return (files(palmerpenguins) / "data" / "penguins.csv").read_bytes()


def raw_penguins() -> bytes:
    """Return the penguins as they were published, with dates, comments, and identifiers."""
    return RAW_PENGUINS.read_bytes()


def german_penguins() -> bytes:
    """Return the penguins as a spreadsheet of a German office writes them, compressed."""
    lines = list(csv.reader(io.StringIO(penguins().decode())))
    rows = [[cell.replace(".", ",").replace("NA", "") for cell in line] for line in lines]
    text = write(rows, ";").decode().replace("bill_length_mm", "Schnabellänge")
    return gzip.compress(text.encode("cp1252"))


def _column(name: str) -> str:
    return name.replace(" ", "_").replace("(", "").replace(")", "").replace("/", "_")

"""The CSV of houses and its definition, which tests alter."""

from sklearn.ensemble import HistGradientBoostingClassifier

from petalstream.features import Category, Date, Integer, Number, YesNo
from services.trainer.definition import Classes, Definition, Ignored

HOUSES = Definition(
    csv="houses.csv",
    features=[
        Number("area", unit="m²", minimum=0),
        Integer("rooms", optional=True),
        YesNo("garden"),
        Category("city", choices=("Köln", "Bonn")),
        Date("built", optional=True),
        Ignored("comment"),
    ],
    target=Classes("sold", ["yes", "no"]),
    estimator=HistGradientBoostingClassifier(),
)
HEADER = "area,rooms,garden,city,built,comment,sold"
LINES = [
    f"{50.5 + i},{i % 5},{'yes' if i % 3 else 'no'},Köln,2001-02-{i + 1:02},,{'no' if i % 2 else 'yes'}"
    for i in range(24)
]
GOOD = "\n".join([HEADER, *LINES]) + "\n"


def german(text: str) -> str:
    """The same with semicolons and decimal commas."""
    return text.replace(",", ";").replace(".", ",")


def with_line(line: str, number: int = 2) -> str:
    """The same with another line of that number."""
    lines = GOOD.splitlines()
    lines[number - 1] = line
    return "\n".join(lines) + "\n"


def column(name: str, cell: str) -> str:
    """The same with that cell in the first line of data."""
    cells = dict(zip(HEADER.split(","), LINES[0].split(","), strict=True)) | {name: cell}
    return with_line(",".join(cells.values()))


def reordered(text: str) -> str:
    """The same with the columns the other way round."""
    return "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines())


def told(where: str, message: str) -> str:
    """What is said of one fault."""
    return f"houses.csv, line {where}: {message}"


# The file, how the definition describes it beside its name, and what the trainer says of it; "" if it reads it.
Ugly = tuple[str | bytes, dict[str, object], str]

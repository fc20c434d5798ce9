"""Writes the file of a model."""

from collections import Counter
from collections.abc import Iterator, Sequence

from services.trainer.data.units import MOST_COPIES
from services.trainer.drafting.columns import (
    MARKS,
    MOST_CHOICES,
    Guess,
    given,
    guess_column,
    is_number,
    quoted,
    unit_of,
)
from services.trainer.drafting.layout import lay_out
from services.trainer.drafting.table import Table

FEW_ROWS = 10
ASKS_FOR_MORE = "publish_if=[Floor({}), BetterThanBaseline(), NoWorseThanServed()] asks for more before publishing"
ACCURACY, ERROR = '"accuracy", 0.8', '"neg_mean_absolute_error", -10'


def write_definition(csv: str, table: Table, target: str) -> str:
    """Return the Python file of a model that predicts the column `target` of the CSV."""
    guesses = [guess_column(name, cells) for name, cells in table.columns.items() if name != target]
    predicted = _target(target, table.columns[target])
    texts, categories = (_names(guesses, kind) for kind in ("Text", "Category"))
    of_labels = predicted.kind == "Classes"
    split = list(split_argument(guesses, table, target))
    kind = "HistGradientBoostingClassifier" if of_labels else "HistGradientBoostingRegressor"
    lines = [
        f'"""{csv}: written by `make new`. What was guessed stands beside it; read it, and change what is not so."""',
        "",
        *_imports(kind, texts, categories),
        "",
        f"from petalstream.features import {', '.join(kinds_of(guesses, predicted))}",
        f"from services.trainer.definition import {', '.join(_parts(guesses, table, of_labels, bool(split)))}",
        "",
        "MODEL = Definition(",
        f"    csv={csv_argument(csv, table)},",
        "    features=[",
        *(line for guess in guesses for line in lay_out(guess.code, guess.comment)),
        "    ],",
        *lay_out(f"target={predicted.code}", predicted.comment, indent=4),
        *split,
        *_estimator(kind, texts, categories),
        f"    # {ASKS_FOR_MORE.format(ACCURACY if of_labels else ERROR)}",
        ")",
    ]
    return "\n".join(lines) + "\n"


def _target(name: str, cells: Sequence[str]) -> Guess:
    values = given(cells)
    counts, missing = Counter(values), len(cells) - len(values)
    optional = ", optional=True" if missing else ""
    left_out = f"{missing} rows without it are left out" if missing else ""
    if len(counts) > MOST_CHOICES and all(map(is_number, values)):
        said = "" if unit_of(name) else "fill in the unit"
        code = f"Number({quoted(name)}, unit={quoted(unit_of(name))}{optional})"
        return Guess("Number", name, code, _joined(said, left_out))
    few = [label for label, count in counts.items() if count < FEW_ROWS]
    said = f"too few rows: {', '.join(few)}" if few else ""
    if len(counts) == 2 and not few:
        said = 'positive="..." names the label that f1 and the like look for'
    if all(map(is_number, counts)):
        words = ", ".join(f'{quoted(label)}: "..."' for label in sorted(counts)[:2])
        said = _joined(said, f"{{{words}}} gives the labels words")
    labels = ", ".join(map(quoted, sorted(counts)))
    return Guess("Classes", name, f"Classes({quoted(name)}, [{labels}]{optional})", _joined(said, left_out))


def _joined(*comments: str) -> str:
    return "; ".join(filter(None, comments))


def _names(guesses: Sequence[Guess], kind: str) -> list[str]:
    return [guess.name for guess in guesses if guess.kind == kind]


def kinds_of(guesses: Sequence[Guess], predicted: Guess) -> list[str]:
    """Return the kinds of features that a definition imports."""
    return sorted({guess.kind for guess in (*guesses, predicted)} - {"Ignored", "Classes"})


def _parts(guesses: Sequence[Guess], table: Table, of_labels: bool, is_split: bool) -> list[str]:
    needed = {"Classes": of_labels, "Csv": needs_csv(table), "Definition": True, "Split": is_split}
    needed["Ignored"] = any(guess.kind == "Ignored" for guess in guesses)
    return sorted(name for name, is_needed in needed.items() if is_needed)


def split_argument(guesses: Sequence[Guess], table: Table, target: str) -> Iterator[str]:
    """Yield the lines of the argument `split`, none if few rows are copies."""
    if table.share_of_copies([*(guess.name for guess in guesses if guess.kind != "Ignored"), target]) > MOST_COPIES:
        said = "many rows equal another one; are they of one thing? Then group= names the column that says which"
        yield from lay_out('split=Split(duplicates="allow")', said, indent=4)


def _marks(table: Table) -> list[str]:
    return sorted({cell.strip() for cells in table.columns.values() for cell in cells} & set(MARKS))


def needs_csv(table: Table) -> bool:
    """Return whether the path alone does not say how the file is written."""
    return bool(table.dialect or _marks(table))


def csv_argument(path: str, table: Table) -> str:
    """Return the argument `csv` of the definition as Python code."""
    if not needs_csv(table):
        return quoted(path)
    options = {name: quoted(value) for name, value in table.dialect.items()}
    if marks := _marks(table):
        options["missing"] = f"({', '.join(map(quoted, ('', *marks)))})"
    return f"Csv({quoted(path)}, {', '.join(f'{name}={value}' for name, value in options.items())})"


def _imports(kind: str, texts: Sequence[str], categories: Sequence[str]) -> Iterator[str]:
    if texts:
        yield "from sklearn.compose import make_column_transformer"
    yield f"from sklearn.ensemble import {kind}"
    if texts:
        yield "from sklearn.feature_extraction.text import CountVectorizer"
        yield "from sklearn.pipeline import make_pipeline"
    if texts and categories:
        yield "from sklearn.preprocessing import OneHotEncoder"


def _estimator(kind: str, texts: Sequence[str], categories: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the estimator and its grid: trees, which take missing values, categories and any range."""
    if not texts:
        dtype = 'categorical_features="from_dtype", ' if categories else ""
        yield f"    estimator={kind}({dtype}random_state=0),"
        yield '    grid={"learning_rate": [0.05, 0.1], "max_leaf_nodes": [7, 31]},'
        return
    yield "    estimator=make_pipeline("
    yield "        make_column_transformer("
    for name in texts:
        yield f"            (CountVectorizer(min_df=2), {quoted(name)}),"
    if categories:
        yield f'            (OneHotEncoder(handle_unknown="ignore"), [{", ".join(map(quoted, categories))}]),'
    yield '            remainder="passthrough",'
    yield "            sparse_threshold=0,"
    yield "        ),"
    yield f"        {kind}(random_state=0),"
    yield "    ),"
    yield f'    grid={{"{kind.lower()}__learning_rate": [0.05, 0.1], "{kind.lower()}__max_leaf_nodes": [7, 31]}},'

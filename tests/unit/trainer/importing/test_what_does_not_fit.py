"""Models that do not fit the CSV, and definitions that name a fitted model, are refused with what was expected."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from petalstream.features import Number
from petalstream.settings import Settings
from services.trainer.definition import Classes, Definition, DefinitionError, Fitted
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.opening import open_fitted
from tests.unit.trainer.importing.command import Checkout
from tests.unit.trainer.importing.models import (
    KINDS,
    as_column_graph,
    as_matrix_graph,
    as_skops,
    encoded,
    flowers,
    loans,
    patients,
    write_csv,
)
from tests.unit.trainer.importing.test_hostile_files import Captured, folder, refused

__all__ = ["folder"]
FLOWERS, NAMES = flowers()
CODES = np.array([KINDS.index(name) for name in NAMES])
LINE = LogisticRegression(max_iter=1_000)
FEATURES = [Number(name) for name in FLOWERS.columns]


def table(folder: Path, frame: pd.DataFrame, targets: Any) -> Path:
    """A CSV beside the model."""
    write_csv(folder / "rows.csv", frame, "kind", targets)
    return folder / "rows.csv"


# How the model is made; the rows and targets of the CSV; what is said.
Unfit = tuple[Callable[[], bytes], Callable[[], pd.DataFrame], Any, str]
UNFIT: dict[str, Unfit] = {
    "other names": (
        lambda: as_skops(LINE.fit(FLOWERS, NAMES), FLOWERS),
        lambda: FLOWERS.rename(columns={"petal_width": "width"}),
        NAMES,
        "model.file takes petal_width, and the CSV has only sepal_length, sepal_width, petal_length, width",
    ),
    "fewer columns": (
        lambda: as_skops(LogisticRegression(max_iter=1_000).fit(FLOWERS.to_numpy()[:, :3], NAMES), FLOWERS),
        lambda: FLOWERS,
        NAMES,
        "takes 3 columns without names, and the CSV has 4 beside the target: sepal_length, sepal_width,",
    ),
    "fewer columns of a graph": (
        lambda: as_matrix_graph(
            LogisticRegression(max_iter=1_000).fit(FLOWERS.to_numpy()[:, :3], NAMES), FLOWERS.iloc[:, :3]
        ),
        lambda: FLOWERS,
        NAMES,
        "takes 3 columns without names, and the CSV has 4 beside the target",
    ),
    "a missing input of a graph": (
        lambda: as_column_graph(encoded(LogisticRegression()).fit(*loans()), loans()[0]),
        lambda: loans()[0].drop(columns="home"),
        loans()[1],
        "takes home, and the CSV has only income, months, employed beside the target",
    ),
    "a label that the CSV lacks": (
        lambda: as_skops(LINE.fit(FLOWERS, NAMES), FLOWERS),
        lambda: FLOWERS[NAMES != "virginica"],
        NAMES[NAMES != "virginica"],
        "predicts the labels setosa, versicolor, virginica, and kind of the CSV has setosa, versicolor",
    ),
    "a label that the model lacks": (
        lambda: as_skops(LINE.fit(FLOWERS[NAMES != "setosa"], NAMES[NAMES != "setosa"]), FLOWERS),
        lambda: FLOWERS,
        NAMES,
        "predicts the labels versicolor, virginica, and kind of the CSV has setosa, versicolor, virginica",
    ),
    "numbers as labels of a graph": (
        lambda: as_matrix_graph(LINE.fit(FLOWERS.to_numpy(), CODES), FLOWERS),
        lambda: FLOWERS,
        NAMES,
        "predicts the labels 0, 1, 2, and kind of the CSV has setosa, versicolor, virginica",
    ),
    "labels for numbers": (
        lambda: as_skops(LINE.fit(FLOWERS, NAMES), FLOWERS),
        lambda: FLOWERS,
        np.linspace(0, 9, len(FLOWERS)),
        "predicts the labels setosa, versicolor, virginica, and kind of the CSV has 0.0, 0.0604",
    ),
    "numbers for labels": (
        lambda: as_skops(Ridge().fit(FLOWERS, CODES), FLOWERS),
        lambda: FLOWERS,
        NAMES,
        "predicts numbers, and kind of the CSV has 'setosa'",
    ),
    "missing whole numbers": (
        lambda: as_column_graph(encoded(LogisticRegression()).fit(*loans()), loans()[0]),
        lambda: loans()[0].assign(months=lambda frame: frame["months"].where(frame["months"] > 10)),
        loans()[1],
        "takes whole numbers for months, and the CSV has cells without a value",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_model_with_other_columns_or_labels_than_the_csv_is_refused(
    name: str, folder: Path, capsys: Captured
) -> None:
    content, frame, targets, said = UNFIT[name]
    (folder / "model.file").write_bytes(content())
    csv = table(folder, frame(), targets)
    assert said in refused(folder / "model.file", csv, capsys)


@pytest.mark.parametrize(
    ("target", "estimator", "said"),
    [
        (Number("kind"), LINE, "predicts labels, and kind has none"),
        (Classes("kind", KINDS), Ridge(), "predicts numbers, and kind has none"),
        (Classes("kind", ["a", "b"]), LINE, "predicts the labels setosa, versicolor, virginica, and kind has a, b"),
    ],
)
def test_a_definition_with_another_target_than_its_model_is_refused(
    target: Classes | Number, estimator: Any, said: str
) -> None:
    estimator.fit(FLOWERS.to_numpy(), NAMES if estimator is LINE else CODES)
    for fitted, content in (
        (Fitted("model.skops"), as_skops(estimator, FLOWERS)),
        (Fitted("model.onnx"), as_matrix_graph(estimator, FLOWERS)),
    ):
        definition = Definition("rows.csv", FEATURES, target, fitted=fitted)
        with pytest.raises(FittedError) as found:
            open_fitted(fitted, content, definition, FLOWERS)
        assert said in str(found.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"estimator": LINE}, "estimator is for a model that is trained here"),
        ({"grid": {"C": [1]}}, "grid is for a model that is trained here"),
        ({"scoring": "f1_macro"}, "scoring is for a model that is trained here"),
        ({"compare_without": ["petal_width"]}, "compare_without is for a model that is trained here"),
        ({"fitted": "model.onnx"}, "fitted must be such as Fitted"),
        ({"fitted": None}, "a model needs an estimator, or fitted=Fitted"),
    ],
)
def test_a_definition_has_either_an_estimator_or_a_fitted_model(changes: dict[str, Any], said: str) -> None:
    definition = Definition("rows.csv", FEATURES, Classes("kind", KINDS), fitted=Fitted("model.onnx"))
    with pytest.raises(DefinitionError, match=said):
        replace(definition, **changes)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"path": "model.joblib"},
            "a file that ends with .onnx or .skops, not 'model.joblib'; `make import` makes one",
        ),
        ({"path": "model.onnx", "types": "a.b"}, "types of model.onnx must be a list of names"),
        ({"path": "model.skops", "made_with": {"scikit-learn": 1}}, "made_with of model.skops must map packages"),
    ],
)
def test_a_fitted_model_is_named_with_texts(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        Fitted(**arguments)


def test_types_that_a_definition_does_not_name_are_not_opened() -> None:
    definition = Definition("rows.csv", FEATURES, Classes("kind", KINDS), fitted=Fitted("model.skops"))
    content = bytes(skops.io.dumps(RandomForestClassifier(3).fit(FLOWERS, NAMES)))
    with pytest.raises(FittedError, match=r"has types that nobody has confirmed: sklearn\.tree\._tree\.Tree"):
        open_fitted(Fitted("model.skops"), content, definition, FLOWERS)


def test_what_is_there_is_not_written_over(folder: Path, capsys: Captured) -> None:
    (folder / "model.file").write_bytes(as_skops(LINE.fit(FLOWERS, NAMES), FLOWERS))
    csv = table(folder, FLOWERS, NAMES)
    (folder.parent / "data" / "rows.csv").write_text("of somebody else")
    assert "data/rows.csv is there already; delete it, or take another name" in refused(
        folder / "model.file", csv, capsys
    )
    (folder.parent / "data" / "rows.csv").unlink()
    (folder.parent / "data" / "brought.skops").write_text("of somebody else")
    assert "data/brought.skops is there already" in refused(folder / "model.file", csv, capsys)
    assert Settings().data_dir == Path("data")


def test_a_csv_without_the_target_is_refused(folder: Path, capsys: Captured) -> None:
    (folder / "model.file").write_bytes(as_skops(Ridge().fit(*patients()), FLOWERS))
    (folder / "rows.csv").write_text("a,b\n1,2\n")
    assert "has no column 'kind'; it has a, b" in refused(folder / "model.file", folder / "rows.csv", capsys)


def test_a_model_that_takes_no_missing_values_is_refused_and_its_files_are_taken_back(copied: Checkout) -> None:
    (copied.folder / "line.skops").write_bytes(as_skops(LINE.fit(FLOWERS, NAMES), FLOWERS))
    holes = FLOWERS.assign(petal_width=FLOWERS["petal_width"].where(FLOWERS["petal_width"] > 0.3))
    write_csv(copied.folder / "holes.csv", holes, "kind", NAMES)
    before = copied.files()
    ended = copied.run("line.skops", "holes.csv", "kind")
    assert ended.code == 1
    (line,) = ended.errors.splitlines()
    assert line.startswith("import: brought: the estimator fails where petal_width is missing: Input X contains NaN.")
    assert copied.files() == before

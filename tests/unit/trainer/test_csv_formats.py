"""A model's CSV in the formats and with the columns that a definition may name."""

import dataclasses
import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from petalstream.features import Category, Date, Feature, Integer, Number, Text, YesNo
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.definition import Classes, Csv, Definition, Ignored

HEIGHTS = (Number("height", unit="m"), Integer("age"))
TREES = Definition("trees.csv", HEIGHTS, Classes("tree", ["elm", "oak"]), DummyClassifier(), {})
KINDS = ("oak", "elm")


def written(separator: str = ",", decimal: str = ".", header: str = "height,age,tree") -> str:
    """Twenty trees, alternately oaks and elms."""
    lines = [f"{age}{decimal}5{separator}{age}{separator}{KINDS[age % 2]}" for age in range(20)]
    return "\n".join([header.replace(",", separator), *lines, ""])


def of_column(feature: Feature, *cells: str) -> tuple[Definition, Dataset]:
    """Read oaks with these cells in the feature's column, and ten of each tree with the last cell."""
    lines = [f"{cell},oak" for cell in cells] + [f"{cells[-1]},{KINDS[i % 2]}" for i in range(20)]
    model = dataclasses.replace(TREES, features=[feature])
    return csv_reader.parse("\n".join([f"{feature.name},tree", *lines]).encode(), Path("trees.csv"), model)


def parsed(content: str | bytes, **changes: Any) -> Dataset:
    content = content.encode() if isinstance(content, str) else content
    return csv_reader.parse(content, Path("trees.csv"), dataclasses.replace(TREES, **changes))[1]


@pytest.mark.parametrize(
    ("content", "csv"),
    [
        (written(), Csv("trees.csv")),
        (gzip.compress(written().encode(), mtime=0), Csv("trees.csv")),
        (written(";", ","), Csv("trees.csv")),
        (written(";"), Csv("trees.csv")),
        (written("\t", ","), Csv("trees.csv")),
        (written(";", ","), Csv("trees.csv", delimiter=";", decimal=",")),
        ("sep=;\n" + written(";", ","), Csv("trees.csv")),
        (written().encode("utf-16"), Csv("trees.csv")),
        ("\ufeff" + written(), Csv("trees.csv")),
        (written().replace("\n", "\r\n"), Csv("trees.csv")),
    ],
    ids=[
        "commas",
        "gzip",
        "German",
        "semicolons",
        "tabs",
        "German, as told",
        "sep=",
        "UTF-16",
        "byte order mark",
        "CRLF",
    ],
)
def test_a_csv_is_read_as_spreadsheets_and_libraries_write_it(content: str | bytes, csv: Csv) -> None:
    read = parsed(content, csv=csv)
    assert read.inputs.matrix.tolist() == [[age + 0.5, age] for age in range(20)]
    assert read.texts.tolist() == [*KINDS] * 10


def test_an_encoding_is_the_one_that_the_definition_names() -> None:
    content, target = written().replace("oak", "chêne").encode("cp1252"), Classes("tree", ["elm", "chêne"])
    assert parsed(content, target=target, csv=Csv("trees.csv", encoding="cp1252")).texts[0] == "chêne"
    with pytest.raises(DataError, match=r"""trees\.csv, line 2: not text in UTF-8.* encoding="cp1252"\)"""):
        parsed(content, target=target)


def test_a_file_that_ends_within_its_compression_is_refused() -> None:
    with pytest.raises(DataError, match=r"trees\.csv, line 1: the file is broken: Compressed file ended"):
        parsed(gzip.compress(written().encode(), mtime=0)[:-10])


def test_a_column_is_left_out_where_the_definition_ignores_it_and_refused_otherwise() -> None:
    content = written(header="height,age,tree").replace("\n", ",x\n").replace("tree,x", "tree,id", 1)
    assert parsed(content, features=[Ignored("id"), *HEIGHTS]).inputs.matrix.shape == (20, 2)
    with pytest.raises(DataError, match=r"line 1, id: is no feature; leave it out with Ignored\('id'\)"):
        parsed(content)


def test_a_cell_without_a_value_is_missing_where_that_is_allowed() -> None:
    _, read = of_column(Number("height", optional=True), "", "1.5")
    assert read.values[:2, 0].tolist() == [None, 1.5]
    assert math.isnan(read.inputs.matrix[0, 0])
    assert math.isnan(read.frame["height"][0])
    with pytest.raises(DataError, match="line 2, height: is missing; optional=True allows it"):
        of_column(Number("height"), "", "1.5")
    marked = parsed(
        "height,age,tree\n?,1,oak\n" + written().split("\n", 1)[1],
        csv=Csv("trees.csv", missing=["?"]),
        features=[Number("height", optional=True), Integer("age")],
    )
    assert marked.values[0].tolist() == [None, 1]


def test_choices_that_the_definition_lacks_are_those_of_the_csv() -> None:
    model, read = of_column(Category("soil", optional=True), " peat ", "", "clay")
    (soil,) = model.columns
    assert isinstance(soil, Category)
    assert soil.choices == ("clay", "peat")
    assert read.values[:3, 0].tolist() == ["peat", None, "clay"]
    assert read.frame["soil"].cat.categories.tolist() == ["clay", "peat"]
    assert read.frame["soil"].isna().tolist()[:3] == [False, True, False]


def test_choices_that_the_csv_writes_with_a_fraction_of_zero_are_whole_numbers() -> None:
    model, read = of_column(Category("storeys", optional=True), "2.0", "", "10.0", "1", "1.0")
    (storeys,) = model.columns
    assert storeys.options == ("1", "2", "10")
    assert read.values[:5, 0].tolist() == ["2", None, "10", "1", "1"]
    assert [storeys.encode(value) for value in (1, 2.0, "10")] == [0, 1, 2]
    assert storeys.find_fault(2) is None


def test_a_mark_for_missing_is_no_choice_though_it_is_a_number_with_a_fraction_of_zero() -> None:
    content = "storeys,tree\n-9.0,oak\n" + "".join(f"{i % 2}.0,{KINDS[i % 2]}\n" for i in range(20))
    definition = dataclasses.replace(
        TREES, features=[Category("storeys", optional=True)], csv=Csv("trees.csv", missing=["-9.0"])
    )
    model, read = csv_reader.parse(content.encode(), Path("trees.csv"), definition)
    assert model.columns[0].options == ("0", "1")
    assert read.values[:2, 0].tolist() == [None, "0"]


def test_labels_that_the_csv_writes_with_a_fraction_of_zero_are_whole_numbers() -> None:
    content = written().replace("oak", "0.0").replace("elm", "1.0")
    target = Classes("tree", positive=0)  # type: ignore[arg-type]
    model, read = csv_reader.parse(content.encode(), Path("trees.csv"), dataclasses.replace(TREES, target=target))
    assert model.labels == ("1", "0")
    assert read.texts.tolist() == ["0", "1"] * 10


def test_labels_that_the_definition_lacks_are_those_of_the_csv() -> None:
    model, read = csv_reader.parse(
        written().encode(), Path("trees.csv"), dataclasses.replace(TREES, target=Classes("tree", positive="elm"))
    )
    assert model.labels == ("oak", "elm")
    assert read.targets.tolist() == [0, 1] * 10


def test_a_label_may_be_another_word_than_the_csv_has_and_a_number_may_have_a_fraction_of_zero() -> None:
    content = written().replace("oak", "0.0").replace("elm", "1")
    read = parsed(content, target=Classes("tree", {0: "oak", 1: "elm"}))
    assert read.texts.tolist() == [*KINDS] * 10
    assert read.targets.tolist() == [1, 0] * 10


@pytest.mark.parametrize(
    ("feature", "cells", "values", "inputs"),
    [
        (YesNo("wild"), ["yes", "0"], [True, False], [1, 0]),
        (Category("soil", choices=("peat",), other=True), ["clay", "peat"], ["clay", "peat"], [1, 0]),
        (Date("sown"), ["1970-01-02", "2026-11-29"], ["1970-01-02", "2026-11-29"], [1, 20786]),
    ],
)
def test_every_kind_of_feature_is_read(
    feature: Feature, cells: list[str], values: list[object], inputs: list[float]
) -> None:
    _, read = of_column(feature, *cells)
    assert read.values[:2, 0].tolist() == values
    assert read.inputs.matrix[:2, 0].tolist() == inputs


def test_a_text_reaches_the_estimator_as_it_is_and_a_missing_one_as_the_empty_text() -> None:
    _, read = of_column(Text("note", optional=True), " old ", "", "new")
    assert read.values[:3, 0].tolist() == [" old ", None, "new"]
    assert list(read.inputs.texts["note"][:3]) == read.frame["note"].tolist()[:3] == [" old ", "", "new"]


def test_parts_and_joined_parts_keep_each_samples_line_inputs_texts_and_label() -> None:
    _, read = of_column(Text("note"), *(f"tree {i}" for i in range(20)))
    first, second = (read.part(np.arange(*ends)) for ends in ((0, 5), (5, 40)))
    joined = second.joined(first)
    for line, values, text, framed in zip(
        joined.lines, joined.values, joined.inputs.texts["note"], joined.frame["note"], strict=True
    ):
        assert values.tolist() == [text] == [framed] == [f"tree {min(line - 2, 19)}"]
    assert joined.lines.tolist() == [*range(7, 42), *range(2, 7)]
    assert joined.texts.tolist() == [TREES.labels[code] for code in joined.targets]


def test_rows_without_an_optional_label_are_left_out_and_counted() -> None:
    content, csv = written() + "1.5,1,\nhigh,1,?\n2.5,2,oak\n", Csv("trees.csv", missing=("?",))
    read = parsed(content, csv=csv, target=Classes("tree", ["elm", "oak"], optional=True))
    assert (len(read), read.left_out, read.lines.tolist()[-1]) == (21, 2, 24)
    with pytest.raises(DataError, match="line 22, tree: is missing; optional=True of the target"):
        parsed(content, csv=csv)


def test_a_mark_that_is_a_label_too_is_a_label() -> None:
    content = written().replace("oak", "?")
    target = Classes("tree", ["elm", "?"], optional=True)
    assert parsed(content, csv=Csv("trees.csv", missing=("?",)), target=target).texts.tolist() == ["?", "elm"] * 10

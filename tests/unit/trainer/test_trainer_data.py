"""What the trainer reads and how it splits it."""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from petalstream.model.bundle import sha256
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.data.split import split
from services.trainer.definition import Definition
from services.trainer.models import load_definition

IRIS = load_definition("iris")
HEADER = "sepal_length,sepal_width,petal_length,petal_width,species"
FLOWERS = [f"5.{i},3.5,1.4,0.2,{label}" for label in IRIS.labels for i in range(10)]


def parsed(*lines: str) -> Dataset:
    return csv_reader.parse("\n".join(lines).encode(), Path("flowers.csv"), IRIS)[1]


def committed(root: Path, model: Definition) -> Dataset:
    path = root / "data" / model.file.path
    return csv_reader.parse(csv_reader.read(path), path, model)[1]


def test_a_csv_becomes_samples_labels_and_lines() -> None:
    read = parsed(HEADER, *FLOWERS)
    assert read.inputs.matrix.shape == read.frame.shape == (30, 4)
    assert read.inputs.matrix[0].tolist() == read.frame.iloc[0].tolist() == [5.0, 3.5, 1.4, 0.2]
    assert (read.texts[0], read.lines[0], read.lines[-1]) == ("setosa", 2, 31)
    assert read.texts.tolist() == [IRIS.labels[code] for code in read.targets]


def test_a_blank_line_is_left_out_and_counted() -> None:
    assert parsed(HEADER, FLOWERS[0], "", *FLOWERS[1:]).lines.tolist() == [2, *range(4, 33)]


def test_a_byte_order_mark_as_spreadsheets_write_it_is_no_harm() -> None:
    assert len(parsed("\ufeff" + HEADER, *FLOWERS).texts) == 30


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], ", line 1: it is empty; a header that names the columns is needed, and at least one row"),
        (
            ["a,species"],
            " has 5 faults:\n  line 1, sepal_length: there is no such column; the columns are a, species\n",
        ),
        ([HEADER, *FLOWERS[:3], "5.1,3.5,1.4,setosa"], ", line 5: 4 cells between commas, and the header has 5"),
        ([HEADER, FLOWERS[0], '"5.1,3.5', FLOWERS[1]], ", line 3: unexpected end of data"),
        ([HEADER, "5.1,wide,1.4,0.2,setosa"], ", line 2, sepal_width: must be a number, not the text 'wide'"),
        ([HEADER, "5.1,,1.4,0.2,setosa"], ", line 2, sepal_width: is missing; optional=True allows it"),
        ([HEADER, "5.1,nan,1.4,0.2,setosa"], ", line 2, sepal_width: must be a finite number, not NaN"),
        ([HEADER, "5.1,inf,1.4,0.2,setosa"], ", line 2, sepal_width: must be a finite number"),
        ([HEADER, "5.1,-3,1.4,0.2,setosa"], ", line 2, sepal_width: must be at least 0 cm, not -3"),
        ([HEADER, "5.1,3.5,1.4,0.2,rose"], ", line 2, species: must be one of setosa, versicolor, virginica"),
        ([HEADER, *FLOWERS[:-1]], ": species 'virginica' has 9 rows, and each class needs 10"),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused_by_line(lines: list[str], fault: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"flowers.csv{fault}")):
        parsed(*lines)


def test_every_fault_of_a_file_is_told_in_the_order_of_its_lines() -> None:
    with pytest.raises(DataError) as told:
        parsed(HEADER, "5.1,-3,wide,0.2,setosa", FLOWERS[0], "5.1", "5.1,3.5,1.4,0.2,")
    assert str(told.value).splitlines() == [
        "flowers.csv has 4 faults:",
        "  line 2, sepal_width: must be at least 0 cm, not -3",
        "  line 2, petal_length: must be a number, not the text 'wide'",
        "  line 4: 1 cell between commas, and the header has 5",
        "  line 5, species: is missing; optional=True of the target leaves such rows out",
    ]


def test_of_very_many_faults_the_first_are_told_and_the_number_of_all() -> None:
    with pytest.raises(DataError) as told:
        parsed(HEADER, *["5.1,3.5,1.4,0.2,rose"] * 1_000)
    heading, *faults = str(told.value).splitlines()
    assert heading == "flowers.csv has 1,000 faults, of which 20 are listed:"
    assert [fault.split(",")[0] for fault in faults] == [f"  line {line}" for line in range(2, 22)]


def test_bytes_that_are_not_utf8_are_refused_by_line() -> None:
    with pytest.raises(DataError, match=r"flowers\.csv, line 3: not text in UTF-8"):
        csv_reader.parse(f"{HEADER}\n{FLOWERS[0]}\n".encode() + b"\xff", Path("flowers.csv"), IRIS)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read: No such file"):
        csv_reader.read(tmp_path / "gone.csv")


def test_the_split_is_3_to_1_to_1_with_the_classes_in_equal_shares(root: Path) -> None:
    parts = split(committed(root, IRIS), committed(root, IRIS).targets, 42)
    for part, size in ((parts.training, 30), (parts.validation, 10), (parts.test, 10)):
        assert np.unique(part.texts, return_counts=True)[1].tolist() == [size] * 3
    lines = np.concatenate([parts.training.lines, parts.validation.lines, parts.test.lines])
    assert sorted(lines.tolist()) == list(range(2, 152))


def test_the_same_seed_gives_the_same_test_set_and_another_seed_another() -> None:
    read = parsed(HEADER, *FLOWERS)
    first, again, other = (split(read, read.targets, seed).test.lines.tolist() for seed in (42, 42, 43))
    assert first == again != other


def test_the_committed_iris_data_differs_from_fishers_in_the_two_documented_rows(root: Path) -> None:
    read = committed(root, IRIS)
    matrix = read.inputs.matrix
    fisher = load_iris()
    assert read.texts.tolist() == [str(fisher.target_names[target]) for target in fisher.target]
    rows = np.flatnonzero((matrix != fisher.data).any(axis=1)) + 1
    assert rows.tolist() == [35, 38]
    for row, ours, theirs in zip(rows, matrix[rows - 1], fisher.data[rows - 1], strict=True):
        shown = " | ".join([f"| {row}", ", ".join(map(str, ours)), ", ".join(map(str, theirs))])
        assert shown in (root / "data/README.md").read_text()


def test_the_committed_heart_failure_data_is_the_published_one(root: Path) -> None:
    content = csv_reader.read(root / "data/heart_failure_clinical_records.csv")
    assert sha256(content) in (root / "data/README.md").read_text()
    model = load_definition("heart_failure")
    read = committed(root, model)
    assert np.unique(read.texts, return_counts=True)[1].tolist() == [96, 203]
    names = [feature.name for feature in model.columns]
    means = dict(zip(names, read.values.astype(float).mean(axis=0).tolist(), strict=True))
    published = {"age": 60.8339, "creatinine_phosphokinase": 581.8395, "ejection_fraction": 38.0836}
    published |= {"platelets": 263358.03, "serum_creatinine": 1.3939, "serum_sodium": 136.6254, "time": 130.2609}
    assert {name: means[name] for name in published} == pytest.approx(published, abs=0.01)


def test_the_committed_penguins_are_the_published_ones(root: Path) -> None:
    content = csv_reader.read(root / "data/penguins.csv")
    assert sha256(content) in (root / "data/README.md").read_text()
    assert content == (files("palmerpenguins") / "data" / "penguins.csv").read_bytes()
    samples = committed(root, load_definition("penguins"))
    assert (len(samples), samples.left_out) == (342, 2)


def test_features_that_are_not_used_are_read_and_kept_but_are_no_input(root: Path) -> None:
    model = load_definition("heart_failure")
    read = committed(root, model)
    assert (read.values.shape, read.inputs.matrix.shape, read.frame.shape) == ((299, 12), (299, 10), (299, 10))
    first = dict(zip([feature.name for feature in model.columns], read.values[0], strict=True))
    assert (first["age"], first["diabetes"], first["sex"], first["time"]) == (75.0, False, True, 4)
    assert read.inputs.matrix[0].tolist() == [75, 0, 582, 20, 1, 265000, 1.9, 130, 0, 4]
    assert (read.texts[0], model.labels[read.targets[0]]) == ("died", "died")

"""`make new` writes a definition from a CSV, and says what it guessed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from petalstream.features import Category
from services.trainer.data.faults import DataError
from services.trainer.definition import Classes, Definition
from services.trainer.drafting.columns import guess_column
from services.trainer.drafting.draft import write_definition
from services.trainer.drafting.layout import lay_out
from services.trainer.drafting.table import read
from tests.integration.definitions.public_data import RAW_PENGUINS

A_DATE = ", and a Date is written as 2026-11-30"


@pytest.mark.parametrize(
    ("name", "cells", "code", "comment"),
    [
        ("length_mm", ["1.5", "2", "-3"], 'Number("length_mm", unit="mm")', "-3 to 2"),
        ("area", ["1,5", "2,25"], 'Number("area", unit="", minimum=0)', "1.5 to 2.25; fill in the unit"),
        ("Mass (g)", ["1", "NA", "300"], 'Integer("Mass (g)", unit="g", minimum=0, optional=True)', "1 to 300"),
        ("garden", ["Yes", "no", "yes"], 'YesNo("garden")', ""),
        ("flag", ["0", "1", "", "1"], 'YesNo("flag", optional=True)', "1 is yes"),
        ("built", ["2001-02-03", "1999-12-31"], 'Date("built")', ""),
        ("city", ["Köln", "Bonn", "Köln", "Bonn"], 'Category("city", choices=("Bonn", "Köln"))', ""),
        ("id", [str(number) for number in range(5, 105)], 'Ignored("id")', "it looks like the number of the row"),
        ("same", ["x", "x"], 'Ignored("same")', "the same value in each line"),
        ("empty", ["", "NA"], 'Ignored("empty")', "no value in any line"),
        ("name", [f"n{number}" for number in range(90)], 'Ignored("name")', "90 different values in 90 lines"),
        ("day", [f"3/{day}/2001" for day in range(1, 30)], 'Ignored("day")', f"it looks like dates{A_DATE}"),
        ("temp_min", ["1.5", "2"], 'Number("temp_min", unit="", minimum=0)', "1.5 to 2; fill in the unit"),
        (
            "place",
            [f"p{number % 300}" for number in range(900)],
            'Ignored("place")',
            "300 different values, none of them common",
        ),
        ("notes", [f"a text of {number} words" for number in range(90)], 'Text("notes")', "a text of several words"),
    ],
)
def test_a_column_is_guessed_from_its_cells(name: str, cells: list[str], code: str, comment: str) -> None:
    guess = guess_column(name, cells)
    assert (guess.code, guess.comment) == (code, comment)


def test_the_rest_of_many_choices_is_one_more() -> None:
    guess = guess_column("street", [f"s{number % 25}" for number in range(400)])
    assert guess.kind == "Category"
    assert ", other=True)" in guess.code
    assert guess.comment == "the 20 commonest of 25 values; others are one more choice"


@pytest.mark.parametrize(("target", "is_label"), [("Species", True), ("Body Mass (g)", False)])
def test_what_is_written_is_a_definition(tmp_path: Path, target: str, is_label: bool) -> None:
    data = tmp_path / "penguins.csv"
    data.write_bytes(RAW_PENGUINS.read_bytes())
    file = tmp_path / "penguin.py"
    file.write_text(write_definition(data.name, read(data, target), target), encoding="utf-8")
    loader = importlib.util.spec_from_file_location("penguin", file)
    assert loader is not None
    assert loader.loader is not None
    module = importlib.util.module_from_spec(loader)
    loader.loader.exec_module(module)
    assert isinstance(module.MODEL, Definition)
    assert isinstance(module.MODEL.target, Classes) == is_label
    assert module.MODEL.file.missing == ("", "NA")
    assert {"Region", "Stage"} <= set(module.MODEL.ignored)


def test_long_lists_and_comments_are_laid_out_in_lines_of_120_characters() -> None:
    choices = ", ".join(f'"a, choice {number}"' for number in range(30))
    code = f'Category("name", choices=({choices}), optional=True)'
    lines = [*lay_out(code, "what was guessed of it " * 7), *lay_out(f"target={code}", "")]
    assert max(map(len, lines)) <= 120
    assert lines[0].startswith("        # what was guessed")
    written = "\n".join(line.replace("target=", "") for line in lines)
    choices_given = tuple(f"a, choice {number}" for number in range(30))
    first, second = eval(f"[{written}]", {"Category": Category})  # noqa: S307 - our own
    assert first == second == Category("name", choices=choices_given, optional=True)


@pytest.mark.parametrize("target", ["label", "number"])
def test_rows_without_a_target_are_left_out(tmp_path: Path, target: str) -> None:
    lines = [f"{i},{'ab'[i % 2]},{i}.5" for i in range(40)]
    (tmp_path / "data.csv").write_text("\n".join(["a,label,number", *lines, "3,,", "4,NA,NA"]))
    text = write_definition("data.csv", read(tmp_path / "data.csv", target), target)
    assert "2 rows without it are left out" in text
    assert ", optional=True)," in text.partition("target=")[2]


def test_labels_that_are_numbers_may_get_words(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,target\n" + "\n".join(f"{i},{i % 2}" for i in range(40)))
    text = write_definition("data.csv", read(tmp_path / "data.csv", "target"), "target")
    assert '{"0": "...", "1": "..."} gives the labels words' in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "has no column 'target'; it has a, b"),
        (b"a,target\n", "has no line with as many cells as its header"),
        (b"", "has no column 'target'"),
    ],
)
def test_a_csv_of_which_nothing_can_be_made_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(DataError) as refused:
        read(tmp_path / "data.csv", "target")
    assert said in str(refused.value)


def test_semicolons_bars_and_latin_1_are_written_into_the_definition(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes("ort|target\nKöln|a\nBonn|b\n".encode("latin-1"))
    text = write_definition("data.csv", read(tmp_path / "data.csv", "target"), "target")
    assert 'csv=Csv("data.csv", encoding="cp1252", delimiter="|"),' in text


def test_a_file_that_is_there_is_not_written_over(root: Path) -> None:
    command = [sys.executable, "-m", "services.trainer.drafting", "iris", "iris.csv", "species"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert "services/trainer/models/iris.py is there already" in done.stderr


@pytest.mark.parametrize(("step", "are_many"), [(1, True), (0.1, False)])
def test_many_equal_rows_are_allowed_in_what_is_written_with_a_question(
    tmp_path: Path, step: float, are_many: bool
) -> None:
    lines = [f"{number % round(10 / step)}.5,{'yes' if number % 2 else 'no'}" for number in range(100)]
    (tmp_path / "answers.csv").write_text("\n".join(["answer,sold", *lines]))
    written = write_definition("answers.csv", read(tmp_path / "answers.csv", "sold"), "sold")
    assert ('split=Split(duplicates="allow"),' in written) == are_many
    assert ("import Classes, Definition, Split" in written) == are_many
    assert ("many rows equal another one; are they of one thing?" in written) == are_many

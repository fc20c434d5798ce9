"""`make check` names what deserves a second look, and what the api could not open."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from petalstream.features import Category, Integer, Number
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition
from services.trainer.evaluation import findings
from tests.checkouts import quick_copy
from tests.unit.trainer.datasets import make_dataset

LEAVES = Definition(
    csv="leaves.csv",
    features=[Number("length"), Integer("number"), Category("side", choices=("sun", "shade"))],
    target=Classes("tree", ["elm", "oak"]),
    estimator=LogisticRegression(),
)


def leaves(count: int = 60) -> Dataset:
    """Leaves of which no input tells the tree, and no row is there twice."""
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(size=count), random.integers(0, 9, count), random.integers(0, 2, count)])
    return make_dataset(LEAVES, matrix, np.arange(count) % 2)


def changed(column: int, values: object, targets: object = None) -> Dataset:
    """The same with other values in a column, or with other targets."""
    samples = leaves()
    matrix = samples.inputs.matrix.copy()
    matrix[:, column] = np.asarray(values)
    return make_dataset(LEAVES, matrix, samples.targets if targets is None else np.asarray(targets))


def test_labels_are_counted_the_commonest_first() -> None:
    assert findings.describe_targets(changed(0, 1.0, [1] * 40 + [0] * 20), LEAVES) == "tree: oak 40 (67%), elm 20 (33%)"


def test_the_commonest_of_many_labels_are_counted() -> None:
    many = replace(LEAVES, target=Classes("tree", [f"kind {number}" for number in range(12)]))
    samples = make_dataset(many, leaves().inputs.matrix, np.arange(60) % 12)
    assert findings.describe_targets(samples, many).endswith("kind 7 5 (8%), and 2 more")


def test_the_spread_of_numbers_is_told() -> None:
    heights = replace(LEAVES, target=Number("height", unit="m"), estimator=LinearRegression())
    samples = make_dataset(heights, leaves().inputs.matrix, np.linspace(2, 30, 60))
    assert findings.describe_targets(samples, heights) == "height is 2 to 30 m, 16 m on average"


def test_nothing_is_said_of_ordinary_data() -> None:
    samples = leaves()
    assert not list(findings.find_duplicates(samples, LEAVES))
    assert not list(findings.find_poor_columns(samples, LEAVES))
    assert not list(findings.find_imbalance(samples, LEAVES))
    assert not list(findings.find_leaks(samples, LEAVES, 0))


def test_rows_that_repeat_others_are_counted_with_their_lines() -> None:
    samples = leaves().part(np.array([*range(60), 3, 3]))
    (said,) = findings.find_duplicates(samples, LEAVES)
    assert said == "2 rows repeat another one; each is in one part with it: lines 3, 3, 3"


def test_the_same_inputs_with_different_labels_are_named() -> None:
    twice = make_dataset(LEAVES, np.repeat(leaves().inputs.matrix[:1], 2, axis=0), np.array([0, 1]))
    (said,) = findings.find_duplicates(twice, LEAVES)
    assert said == "2 rows have the inputs of another row and a different tree: lines 0, 1"


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        (0, 1.5, "length is 1.5 in each row: nothing can be learned from it"),
        (0, np.arange(60), "length rises from row to row: is it a number of the row, or a time?"),
        (0, np.arange(60)[::-1], "length has 60 different values in 60 rows: is it a number of the row?"),
        (1, np.arange(60)[::-1], "number has 60 different values in 60 rows: is it a number of the row?"),
    ],
)
def test_columns_that_teach_nothing_are_named(column: int, values: object, said: str) -> None:
    assert list(findings.find_poor_columns(changed(column, values), LEAVES)) == [said]


def test_a_label_that_nearly_all_rows_have_is_named() -> None:
    (said,) = findings.find_imbalance(changed(0, 1.0, [1] + [0] * 59), LEAVES)
    assert said.startswith("98% of the rows are elm, so that an accuracy of 98% is no merit")


@pytest.mark.parametrize("column", [0, 1, 2], ids=["number", "whole number", "category"])
def test_an_input_that_alone_tells_the_label_is_named(column: int) -> None:
    samples = changed(column, leaves().targets)
    (said,) = findings.find_leaks(samples, LEAVES, 0)
    name = LEAVES.inputs[column].name
    assert said.startswith(f"{name} alone tells tree (balanced accuracy 1.000): is it known when a prediction is asked")


def check(model: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a checkout."""
    command = [sys.executable, "-m", "services.trainer.checking", model]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=200, check=False)


def test_the_command_says_what_it_read_and_opened(root: Path) -> None:
    done = check("iris", root)
    assert (done.returncode, done.stderr) == (0, "")
    first, balance, note, last = done.stdout.splitlines()
    assert first == "iris: 150 rows of 4 inputs can be read"
    assert balance == "iris: species: setosa 50 (33%), versicolor 50 (33%), virginica 50 (33%)"
    assert note.startswith("iris: note: 3 rows repeat another one")
    assert last.startswith("iris: fitted on 150 rows, and opened as the api does, in ")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"species"', '"kind"', "check: iris: data/iris.csv has 2 faults:"),
        pytest.param(
            "LogisticRegression(random_state=0)",
            "LogisticRegression(C=-1)",
            "check: iris: the estimator cannot be fitted: The 'C' par",
            marks=pytest.mark.long,
        ),
    ],
)
def test_the_command_ends_with_1_and_the_reason(root: Path, tmp_path: Path, old: str, new: str, said: str) -> None:
    checkout = quick_copy(root, tmp_path)
    file = checkout / "services" / "trainer" / "models" / "iris.py"
    file.write_text(file.read_text().replace(old, new).replace('"classify__C"', '"classify__tol"'))
    done = check("iris", checkout)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.long
def test_the_command_names_a_condition_that_cannot_be_decided(root: Path, tmp_path: Path) -> None:
    checkout = quick_copy(root, tmp_path)
    file = checkout / "services" / "trainer" / "models" / "iris.py"
    text = file.read_text().replace("import LogisticRegression", "import RidgeClassifier as LogisticRegression")
    file.write_text(re.sub(r'Floor\("accuracy", .*?\)', 'Floor("neg_log_loss", -1)', text).replace("__C", "__tol"))
    done = check("iris", checkout)
    assert done.returncode == 1
    assert "check: iris: publish_if: neg_log_loss cannot be computed for Pipeline: " in done.stderr

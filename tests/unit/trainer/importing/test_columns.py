"""What `make import` takes the columns of a CSV for: the inputs of the model, as it got them where it was fitted."""

from collections.abc import Mapping, Sequence

import pytest

from services.trainer.drafting.table import Table
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.signature import Signature
from services.trainer.importing.columns import check_target, match_columns

HOMES = ["own", "rent", "own", "rent"]


def codes_of(columns: Mapping[str, Sequence[str]], signature: Signature) -> list[str]:
    """The Python code of the columns, of a CSV whose last column is the target."""
    return [guess.code for guess in match_columns(Table(dict(columns), {}), list(columns)[-1], signature, "model.onnx")]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["1.5", "-2"], 'Number("x", unit="")'),
        (["1", "2", "", "4"], 'Integer("x", unit="", minimum=0, optional=True)'),
        (["0", "1", "1"], 'YesNo("x")'),
        (["True", "False"], 'YesNo("x")'),
        (["yes", "no", "yes"], 'Category("x", choices=("no", "yes"))'),
        (["7", "7"], 'Number("x", unit="")'),
        ([str(number) for number in range(30)], 'Number("x", unit="")'),
        (HOMES, 'Category("x", choices=("own", "rent"))'),
        ([f"town {number}" for number in range(30)], 'Category("x")'),
        ([f"a text of {number} words" for number in range(30)], 'Text("x")'),
        (["2026-11-30", "2026-12-01"], 'Category("x", choices=("2026-11-30", "2026-12-01"))'),
    ],
)
def test_a_column_is_what_the_model_got(cells: list[str], code: str) -> None:
    columns = {"x": cells, "y": ["a"] * len(cells)}
    assert codes_of(columns, Signature(["x"], 1, ["a"])) == [code]


def test_numbers_that_a_graph_takes_as_texts_are_choices() -> None:
    columns = {"x": ["1", "2", "1"], "y": ["a", "b", "a"]}
    assert codes_of(columns, Signature(["x"], 1, ["a"], texts=frozenset("x"))) == ['Category("x", choices=("1", "2"))']


def test_inputs_come_in_the_order_of_the_model_and_others_are_ignored() -> None:
    columns = {"a": ["1.5"], "id": ["7"], "b": ["2.5"], "y": ["3.5"]}
    found = codes_of(columns, Signature(["b", "a"], 2, []))
    assert found == ['Number("b", unit="")', 'Number("a", unit="")', 'Ignored("id")']


def test_without_names_all_columns_are_inputs() -> None:
    columns = {"a": ["1.5", "1"], "b": ["2.5", "1"], "y": ["0", "1"]}
    assert len(codes_of(columns, Signature(None, 2, ["0", "1"]))) == 2
    assert len(codes_of(columns, Signature(None, None, ["0", "1"]))) == 2
    with pytest.raises(FittedError, match="takes 3 columns without names, and the CSV has 2 beside the target: a, b"):
        codes_of(columns, Signature(None, 3, ["0", "1"]))


def test_an_input_without_a_value_is_refused() -> None:
    with pytest.raises(FittedError, match="takes x, and the CSV has no value in that column"):
        codes_of({"x": ["", "NA"], "y": ["a", "b"]}, Signature(["x"], 1, ["a", "b"]))


@pytest.mark.parametrize(
    ("cells", "labels", "is_label"),
    [
        (["1.0", "0.0"], ["0", "1"], True),
        (["true", "FALSE"], ["False", "True"], True),
        (["a", "", "b"], ["b", "a"], True),
        (["a", "b"], None, True),
        (["1.5", "", "2"], [], False),
    ],
)
def test_a_target_is_spelt_as_a_definition_reads_it(cells: list[str], labels: list[str] | None, is_label: bool) -> None:
    assert check_target(Table({"y": [*cells]}, {}), "y", Signature(None, None, labels), "model.onnx") == is_label

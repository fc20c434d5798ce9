"""Tensors of the Open Inference Protocol: what is one, and which rows they make for features of every kind."""

from typing import Any

import pytest

from petalstream.features import Category, Feature, Integer, Number, YesNo
from services.api.errors import WrongTensor
from services.api.wire import tensor_rows, tensors
from services.api.wire.binary_tensors import Blobs

LENGTH = Number("length", "Length", "cm")
DAYS = Integer("days", "Days", "d", minimum=0)
SMOKES = YesNo("smokes", "Smokes")
COLOUR = Category("colour", "Colour", choices=("white", "dark red"))
SEX = YesNo("sex", "Sex", used=False)
NUMBERS = "FP16, FP32, FP64, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64"
NUMERIC = NUMBERS.split(", ")


def tensor(name: str, datatype: str, shape: object, data: object, **more: object) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data, **more}


def rows(features: list[Feature], *inputs: object) -> list[dict[str, Any]]:
    return tensor_rows.table_from_tensors(features, [tensors.read_tensor(each, Blobs(b"")) for each in inputs]).rows()


def refusal(features: list[Feature], *inputs: object) -> str:
    with pytest.raises(WrongTensor) as raised:
        rows(features, *inputs)
    return str(raised.value)


@pytest.mark.parametrize(
    ("shape", "data"),
    [([2], [1.5, 2]), ([2, 1], [1.5, 2]), ([2, 1], [[1.5], [2]]), ([2.0, 1e0], [1.5, 2])],
)
def test_a_column_may_be_a_vector_or_a_matrix_and_its_data_flat_or_nested(shape: list[int], data: list[Any]) -> None:
    assert rows([LENGTH], tensor("length", "FP64", shape, data)) == [{"length": 1.5}, {"length": 2}]


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]])
def test_one_tensor_may_hold_all_features_in_their_order_row_by_row(data: list[Any]) -> None:
    features: list[Feature] = [LENGTH, DAYS, Number("width", "Width")]
    expected = [{"length": 1, "days": 2, "width": 3}, {"length": 4, "days": 5, "width": 6}]
    for name in ("input-0", "", "\ud800"):
        assert rows(features, tensor(name, "INT32", [2, 3], data)) == expected


def test_columns_may_come_in_any_order_and_what_the_model_does_without_may_be_missing() -> None:
    days, smokes = tensor("days", "UINT8", [2], [3, 4]), tensor("smokes", "BOOL", [2, 1], [True, False])
    colour, sex = tensor("colour", "BYTES", [2], ["white", "dark red"]), tensor("sex", "FP32", [2], [1, 0.0])
    expected = [{"days": 3, "smokes": True, "colour": "white"}, {"days": 4, "smokes": False, "colour": "dark red"}]
    assert rows([DAYS, SMOKES, COLOUR, SEX], colour, days, smokes) == expected
    assert rows([DAYS, SMOKES, COLOUR, SEX], days, sex, smokes, colour)[1]["sex"] == 0


@pytest.mark.parametrize(
    ("feature", "datatypes", "value"),
    [
        (LENGTH, NUMERIC, 1),
        (DAYS, NUMERIC, 1),
        (SMOKES, ["BOOL"], True),
        (SMOKES, NUMERIC, 1),
        (COLOUR, ["BYTES"], "a"),
    ],
)
def test_a_feature_is_carried_by_every_datatype_that_can_hold_it(
    feature: Feature, datatypes: list[str], value: object
) -> None:
    for datatype in datatypes:
        assert rows([feature], tensor(feature.name, datatype, [1], [value])) == [{feature.name: value}]


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("INT8", -128),
        ("INT8", 127.0),
        ("UINT8", 255),
        ("INT64", -(2**63)),
        ("UINT64", 2**64 - 1),
        ("FP16", 65504),
        ("FP32", -3.4e38),
        ("FP64", 1.7e308),
    ],
)
def test_a_datatype_holds_its_least_and_its_greatest_value(datatype: str, value: float) -> None:
    assert rows([LENGTH], tensor("length", datatype, [1], [value])) == [{"length": value}]


@pytest.mark.parametrize(
    ("datatype", "value", "said"),
    [
        ("INT8", 128, "INT8, which holds whole numbers from -128 to 127; element 1 is 128"),
        ("UINT8", -1, "UINT8, which holds whole numbers from 0 to 255; element 1 is -1"),
        ("INT32", 1.5, "INT32, which holds whole numbers from -2147483648 to 2147483647; element 1 is 1.5"),
        ("INT64", float("inf"), "element 1 is inf"),
        ("INT64", 10**30, "element 1 is 1000000000000000000000000000000"),
        ("INT64", True, "element 1 is a boolean"),
        ("UINT64", "1", "element 1 is the text '1'"),
        ("FP16", 65505, "FP16, which holds numbers within ±65504; element 1 is 65505"),
        ("FP32", 3.5e38, "FP32, which holds numbers within ±3.40282e+38; element 1 is 3.5e+38"),
        ("FP64", float("-inf"), "element 1 is -inf"),
        ("FP64", 10**400, "element 1 is 1000000000000000000000000000000000000000"),
        ("FP64", True, "element 1 is a boolean"),
        ("FP64", "1.5", "element 1 is the text '1.5'"),
        ("FP64", [1.5], "element 1 is a list"),
        ("BOOL", 1, "BOOL, which holds true and false; element 1 is 1"),
        ("BYTES", 1, "BYTES, which holds texts; element 1 is 1"),
        ("BYTES", {}, "BYTES, which holds texts; element 1 is an object"),
    ],
)
def test_a_value_that_its_datatype_does_not_hold_is_named(datatype: str, value: object, said: str) -> None:
    first = {"BOOL": True, "BYTES": "white"}.get(datatype, 1)
    message = refusal([LENGTH], tensor("length", datatype, [2], [first, value]))
    assert message.startswith(f"input 'length' is {datatype}, which holds ")
    assert message.endswith(said)


@pytest.mark.parametrize(
    ("shape", "data", "said"),
    [
        ([3], [1, 2], "the shape [3] of input 'length' asks for data of length 3, not 2"),
        ([1, 1], [1, 2], "the shape [1, 1] of input 'length' asks for data of length 1, not 2"),
        ([2, 1], [[1]], "the shape [2, 1] of input 'length' asks for nested data of length 2, not 1"),
        ([2, 1], [[1], [2, 3]], "the shape [2, 1] of input 'length' asks for rows of length 1, and row 1 has 2"),
        ([2, 1], [[1], 2], "the shape [2, 1] of input 'length' asks for rows of length 1, and row 1 is 2"),
        ([2, 1], [[1], [[2]]], "element 1 is a list"),
        ([2, 1], [[1], []], "the shape [2, 1] of input 'length' asks for rows of length 1, and row 1 has 0"),
        ([2], [[1], [2]], "element 0 is a list"),
        ([1], 1, "the data of input 'length' must be a list, not 1"),
        ([1], None, "the data of input 'length' must be a list, not null"),
        ([0], [], "input 'length' has the shape [0], and at least one row is needed"),
        ([0, 1], [], "input 'length' has the shape [0, 1], and at least one row is needed"),
        ([1, 2], [1, 2], "input 'length' has the shape [1, 2]; expected is [-1] or [-1, 1]"),
        ([2**63, 2**63], [1], f"asks for data of length {2**126}, not 1"),
        ([], [], "the shape of input 'length' must be [rows] or [rows, columns], not of 0 dimensions"),
        ([1, 1, 1], [1], "the shape of input 'length' must be [rows] or [rows, columns], not of 3 dimensions"),
        (None, [1], "the shape of input 'length' must be [rows] or [rows, columns], not null"),
        ([-1], [1], "must be [rows] or [rows, columns] in whole numbers below 2^64, not -1"),
        ([2**64], [1], "in whole numbers below 2^64, not 18446744073709551616"),
        ([10**4000], [1], "in whole numbers below 2^64, not 1000000000000000000000000000000000000000"),
        ([1.5], [1], "in whole numbers below 2^64, not 1.5"),
        ([float("nan")], [1], "in whole numbers below 2^64, not nan"),
        ([2.0**64], [1], "in whole numbers below 2^64, not 1.8446744073709552e+19"),
        ([True], [1], "in whole numbers below 2^64, not a boolean"),
        ([[1]], [1], "in whole numbers below 2^64, not a list"),
    ],
)
def test_data_and_shape_that_do_not_agree_are_told_with_both(shape: object, data: object, said: str) -> None:
    assert refusal([LENGTH], tensor("length", "INT64", shape, data)).endswith(said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "each input must be an object with name, shape, datatype and data, not 5"),
        (
            {"datatype": "FP64", "shape": [1], "data": [1]},
            "each input must be an object with name, shape, datatype and",
        ),
        (tensor("length", "fp64", [1], [1]), f"must be one of {NUMBERS}, BOOL, BYTES, not the text 'fp64'"),
        (tensor("length", "BF16", [1], [1]), "not the text 'BF16'"),
        ({"name": "length", "shape": [1], "data": [1]}, "not null"),
        (
            tensor("length", "FP64", [1], [1], parameters=[]),
            "the parameters of input 'length' must be an object, not a",
        ),
    ],
)
def test_what_is_no_tensor_is_told_what_one_is(given: object, said: str) -> None:
    assert said in refusal([LENGTH], given)


@pytest.mark.parametrize("parameters", [None, {}, {"content_type": "np", "anything": [1]}])
def test_parameters_of_an_input_change_nothing(parameters: object) -> None:
    assert rows([LENGTH], tensor("length", "FP64", [1], [1], parameters=parameters)) == [{"length": 1}]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            [("length", "FP64", [1]), ("width", "FP64", [1])],
            "there is no input 'width'; expected are length (FP64), days (INT64), sex (BOOL)",
        ),
        (
            [("days", "INT64", [1])],
            "the input 'length' is missing; expected are length (FP64), days (INT64), sex (BOOL)",
        ),
        ([("length", "FP64", [1]), ("length", "FP64", [1])], "the input 'length' is there 2 times"),
        (
            [("length", "FP64", [1]), ("days", "INT64", [2])],
            "all inputs must have the same number of rows: input 'length' has 1, and input 'days' has 2",
        ),
        (
            [("length", "FP64", [1]), ("days", "BYTES", [1])],
            "input 'days' has the datatype BYTES; days takes INT64, FP16, FP32, FP64, INT8, INT16, INT32, "
            "UINT8, UINT16, UINT32, UINT64",
        ),
        ([("length", "BOOL", [1]), ("days", "INT8", [1])], "input 'length' has the datatype BOOL; length takes FP64, "),
        (
            [("all", "FP64", [3])],
            "input 'all' is no feature and has the shape [3]; expected are the inputs length (FP64), days (INT64), sex"
            " (BOOL), or one of any other name and of the shape [-1, 3] for all in that order",
        ),
        ([("all", "FP64", [1, 2])], "input 'all' is no feature and has the shape [1, 2]; expected are the inputs "),
    ],
)
def test_tensors_that_make_no_rows_are_told_what_was_expected(
    inputs: list[tuple[str, str, list[int]]], said: str
) -> None:
    filled = {"BYTES": "x", "BOOL": True}
    given = [
        tensor(name, datatype, shape, [filled.get(datatype, 1)] * (shape[0] * shape[-1] if shape[1:] else shape[0]))
        for name, datatype, shape in inputs
    ]
    assert refusal([LENGTH, DAYS, SEX], *given).startswith(said)


def test_a_choice_needs_an_input_of_its_own() -> None:
    said = refusal([LENGTH, COLOUR], tensor("all", "FP64", [1, 2], [1, 2]))
    assert said == "input 'all' has the datatype FP64; colour takes BYTES; send an input for each feature"
    assert rows([COLOUR, COLOUR], tensor("all", "BYTES", [1, 2], ["white", "dark red"]))


def test_very_many_unknown_inputs_are_refused_at_the_first() -> None:
    given = [tensor(f"input-{number}", "FP64", [1], [1]) for number in range(20_000)]
    assert refusal([LENGTH], *given).startswith("there is no input 'input-0'; expected are ")

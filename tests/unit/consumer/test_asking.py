"""What `make send` makes of values and of a CSV, and how it shows what comes back."""

import json

import click
import pytest

from petalstream.dead_letters import write_dead_letter
from petalstream.features import Category, Integer, Number, YesNo
from petalstream.reasons import Fault, Reason
from services.consumer.tools.asking import Sent, format_dead_letter, format_prediction, row_of_values, rows_of_csv
from tests.records import Record, as_received

FEATURES = [Number("area"), Integer("rooms", optional=True), YesNo("garden"), Category("city", choices=("Köln",))]


def test_values_are_given_in_the_order_of_the_features() -> None:
    row = row_of_values(FEATURES, ["50.5", "3", "yes", "Köln"])
    assert row == {"area": 50.5, "rooms": 3, "garden": True, "city": "Köln"}


def test_an_empty_value_is_not_given() -> None:
    assert row_of_values(FEATURES, ["-50.5", "", "no", "Köln"]) == {"area": -50.5, "garden": False, "city": "Köln"}


def test_another_number_of_values_names_those_that_are_needed() -> None:
    with pytest.raises(click.UsageError, match="4 values are needed, area rooms garden city, not 2"):
        row_of_values(FEATURES, ["1", "2"])


def test_a_value_that_is_wrong_is_sent_as_it_is_for_the_stream_to_say_what_is_wrong() -> None:
    assert row_of_values(FEATURES, ["wide", "3", "yes", "Bonn"])["area"] == "wide"


def test_the_columns_of_a_csv_are_found_by_name_and_others_left_out() -> None:
    rows = rows_of_csv(FEATURES, "comment;city;garden;area;rooms\nold;Köln;yes;50,5;\n;Köln;no;60,5;3\n")
    assert rows == [
        {"city": "Köln", "garden": True, "area": 50.5},
        {"city": "Köln", "garden": False, "area": 60.5, "rooms": 3},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("area,city\n50\n", "line 2 of the CSV: 1 cell between commas, and the header has 2"),
        ('area,city\n"50\n', "line 2 of the CSV: unexpected end of data"),
        ("", "line 1 of the CSV: it is empty"),
        ("comment,note\na,b\n", "the CSV has no column of a feature: area, rooms, garden, city"),
    ],
)
def test_a_csv_that_cannot_be_read_is_said_by_line(text: str, said: str) -> None:
    with pytest.raises(click.ClickException) as raised:
        rows_of_csv(FEATURES, text)
    assert raised.value.message.startswith(said)


def test_a_prediction_is_shown_with_its_latency() -> None:
    found = {"model": "iris", "version": "3", "prediction": {"label": "setosa", "probabilities": {"setosa": 0.976}}}
    record = Record("iris.predictions", timestamp=2_012, value=json.dumps(found).encode())
    shown = format_prediction(record, Sent({"area": 1.5, "garden": True}, 2_000))
    assert shown == "area=1.5 garden=yes  ->  setosa 97.6%  (iris version 3, 12 ms)"


def test_a_predicted_number_is_shown_with_its_interval() -> None:
    found = {"model": "rose", "version": "3", "prediction": {"value": 12.0, "unit": "cm", "interval": [10.5, 13.5]}}
    record = Record("rose.predictions", timestamp=2_012, value=json.dumps(found).encode())
    assert format_prediction(record, Sent({}, 2_000)) == "  ->  12 cm (10.5 to 13.5)  (rose version 3, 12 ms)"


def test_a_dead_letter_is_shown_with_its_reason() -> None:
    letter = write_dead_letter(Record(), Fault(Reason.WRONG_TYPE, "area must be a number, not the text 'wide'"), 1)
    shown = format_dead_letter(as_received(letter), Sent({"area": "wide"}, 1_995))
    assert shown == "area=wide  ->  dead letter, wrong_type: area must be a number, not the text 'wide'  (5 ms)"

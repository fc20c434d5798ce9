"""From what was typed in a form to a row, and from a model to the form's fields; no Flask in sight."""

import dataclasses

import pytest

from petalstream.features import Category, Integer, Number, YesNo
from petalstream.model.manifest import Manifest
from services.api.errors import MAX_ERRORS
from services.api.pages import form_entries, form_fields

HEIGHT = Number("height", "Height", "cm", "From the ground", minimum=0, maximum=300)
THORNS = Integer("thorns", "Thorns", minimum=1)
WILD = YesNo("wild", "Grows wild")
COLOUR = Category("colour", "Colour", choices=("red", "white", "half red"))
SCENTED = YesNo("scented", "Scented", used=False)
FEATURES = (HEIGHT, THORNS, WILD, COLOUR, SCENTED)
FULL = {"height": "1.9", "thorns": "12", "wild": "yes", "colour": "half red", "scented": ""}


def read(**changes: str) -> form_entries.Entries:
    return form_entries.read_entries(FEATURES, (FULL | changes).items())


@pytest.fixture
def rose() -> Manifest:
    """A model of roses, of which only the words matter here."""
    seen = {"edges": [5.0, 200.0], "counts": [9], "quantiles": {"0": 5.0, "1": 200.0}}
    golden = [{"features": {"height": 42.0, "thorns": 3}, "label": label} for label in ("alba", "gallica", "alba")]
    return Manifest(
        model="rose",
        version="7",
        trained_at="2026-01-02T03:04:05Z",
        fingerprint="",
        title="Roses",
        predicts="Which rose it is",
        sample="old rose",
        notes=(),
        card={},
        data={},
        features=FEATURES,
        target="variety",
        labels=("alba", "gallica"),
        unit="",
        interval={},
        tolerance=1e-6,
        probability="",
        threshold={},
        voters=(),
        parameters={},
        metrics={},
        conditions=(),
        findings=(),
        training={"height": seen, "wild": {"choices": ["no", "yes"], "counts": [4, 5]}},
        golden=tuple(golden),
        libraries={},
        code={},
        requirements=(),
        memory={},
        onnx=None,
        files={},
    )


def test_a_filled_form_means_a_row() -> None:
    entries = read()
    assert entries.errors == []
    assert entries.row == {"height": 1.9, "thorns": 12, "wild": True, "colour": "half red"}


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_field_counts_as_not_given(text: str) -> None:
    entries = read(height=text, wild=text, colour=text, scented=text)
    said = [(error.field, error.message) for error in entries.errors]
    assert said == [("height", "is missing"), ("wild", "is missing"), ("colour", "is missing")]
    assert entries.typed["height"] == text


@pytest.mark.parametrize("text", ["1,900", "tall", "nan", "inf", "-0.1", "301", "1_0", "1e999", "0x1"])
def test_a_number_that_does_not_fit_is_an_error_of_its_field_and_kept_as_typed(text: str) -> None:
    entries = read(height=text)
    assert [error.field for error in entries.errors] == ["height"]
    assert entries.typed["height"] == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        (" 1,9 ", 1.9),
        (",5", 0.5),
        ("0,500", 0.5),
        ("12,34", 12.34),
        ("123,4567", 123.4567),
        ("+1,5", 1.5),
    ],
)
def test_a_comma_is_a_decimal_separator_if_it_cannot_mean_thousands(text: str, value: float) -> None:
    entries = read(height=text)
    assert (entries.errors, entries.row["height"]) == ([], value)
    assert read(thorns="12,0").row["thorns"] == 12


@pytest.mark.parametrize("text", ["1,500", "-1,500", "1,5,0", "1.500,5", "1,500.5", "1,"])
def test_any_other_comma_is_an_error_that_says_what_to_write(text: str) -> None:
    (error,) = read(height=text).errors
    assert error.message.endswith(f"{text}': write 1.5 with a dot, and 1500 without a comma")


def test_a_number_that_may_be_negative_has_a_keyboard_with_a_minus_sign(rose: Manifest) -> None:
    features = (HEIGHT, THORNS, Number("shift", "Shift"), Integer("count", "Count"))
    manifest = dataclasses.replace(rose, features=features, training={})
    fields = form_fields.build_fields(manifest, form_entries.fill_entries(features, {}))
    assert [field.keyboard for field in fields] == ["decimal", "numeric", "text", "text"]


def test_a_whole_number_is_asked_for_where_one_is_meant() -> None:
    assert [error.message for error in read(thorns="1.5").errors] == ["must be a whole number, not 1.5"]
    assert read(thorns=" 3.0 ").row["thorns"] == 3


def test_a_field_that_is_sent_twice_is_an_error_that_names_it_once() -> None:
    for second in ("1.9", "", "tall"):
        entries = form_entries.read_entries(FEATURES, [*FULL.items(), ("height", second)])
        said = [(error.field, error.message) for error in entries.errors]
        assert said == [("height", "is given 2 times; once is enough")]


def test_an_unknown_field_is_an_error_even_an_empty_one() -> None:
    for text in ("blue", ""):
        (error,) = read(petals=text).errors
        assert (error.field, error.reason) == ("petals", "unknown_feature")


def test_errors_stand_in_the_order_of_the_fields_and_are_not_too_many() -> None:
    backwards = [*reversed({**FULL, "height": "tall", "colour": "blue"}.items()), ("thorns", "2")]
    assert [error.field for error in form_entries.read_entries(FEATURES, backwards).errors] == [
        "height",
        "thorns",
        "colour",
    ]
    assert len(form_entries.read_entries(FEATURES, [(f"petal_{n}", "") for n in range(900)]).errors) == MAX_ERRORS


def test_a_row_fills_the_form_with_texts_that_mean_it() -> None:
    row = {"height": 42.0, "thorns": 3, "wild": False, "colour": "red"}
    filled = form_entries.fill_entries(FEATURES, row)
    assert filled.typed == {"height": "42", "thorns": "3", "wild": "no", "colour": "red"}
    assert form_entries.read_entries(FEATURES, filled.typed.items()).row == row


def test_a_field_says_what_helps_its_range_and_what_training_saw(rose: Manifest) -> None:
    hints = [field.hint for field in form_fields.build_fields(rose, read())]
    assert hints == [
        "From the ground. 0 to 300 cm; 5 to 200 cm in the training data.",
        "A whole number, at least 1.",
        "",
        "",
        "",
    ]


def test_what_may_be_missing_can_be_taken_back(rose: Manifest) -> None:
    height, _, wild, colour, scented = form_fields.build_fields(rose, read())
    assert height.choices == []
    assert wild.choices == [("yes", "Yes"), ("no", "No")]
    assert colour.choices[0] == ("", "Choose one")
    assert scented.choices[-1] == ("", "Not given")


def test_a_faulty_field_is_described_by_its_error_first(rose: Manifest) -> None:
    entries = read(height="tall", wild="")
    height, thorns, wild, colour, _ = form_fields.build_fields(rose, entries)
    assert (height.value, height.error) == ("tall", "Height must be a number, not the text 'tall'")
    assert height.described_by == "field-0-error field-0-hint"
    assert (thorns.described_by, wild.described_by, colour.described_by) == ("field-1-hint", "field-2-error", "")
    assert form_fields.list_errors(rose, entries) == [
        ("field-0", "Height must be a number, not the text 'tall'"),
        ("field-2", "Grows wild is missing"),
    ]


def test_the_summary_has_errors_of_no_field_too(rose: Manifest) -> None:
    ((where, sentence),) = form_fields.list_errors(rose, read(petals="5"))
    assert (where, sentence[:26]) == ("", "petals is not a feature; t")


@pytest.mark.parametrize(("text", "value"), [("TRUE", "yes"), ("0", "no"), ("perhaps", "perhaps")])
def test_yes_and_no_are_known_however_they_are_written(rose: Manifest, text: str, value: str) -> None:
    assert form_fields.build_fields(rose, read(wild=text))[2].value == value


def test_there_is_an_example_for_each_label_in_the_samples_own_words(rose: Manifest) -> None:
    assert form_fields.list_examples(rose) == [
        form_fields.Example(0, "an old rose predicted “alba”"),
        form_fields.Example(1, "an old rose predicted “gallica”"),
    ]
    assert form_fields.list_examples(dataclasses.replace(rose, golden=())) == []

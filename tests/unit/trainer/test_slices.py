"""How well the rows of each choice are predicted."""

import joblib
import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from petalstream.features import Category, Number, YesNo
from petalstream.intervals import wilson
from petalstream.model.bundle import Bundle
from petalstream.model.encoding import encode_inputs
from petalstream.model.frames import to_frame
from services.trainer.data.dataset import Dataset
from services.trainer.evaluation.estimates import estimate_share
from services.trainer.evaluation.slices import MIN_ROWS, measure_slices

FEATURES = (
    Number("height"),
    YesNo("wild", used=False),
    Category("colour", choices=("white", 2, "red"), optional=True),
)
ROWS = [(1.5, True, "white")] * 9 + [(2.5, None, "2")] * MIN_ROWS + [(3.5, False, None)] * (MIN_ROWS - 1)


def predicted(bundle: Bundle) -> tuple[list[dict[str, object]], list[str], np.ndarray]:
    """The saved test set, its true targets and what the saved model predicts."""
    rows = [(features, expected) for _, features, expected in bundle.test_set()]
    samples, manifest = [features for features, _ in rows], bundle.manifest
    frame = to_frame(manifest.inputs, encode_inputs(samples, manifest.inputs))
    return samples, [expected for _, expected in rows], joblib.load(bundle.path / "model.joblib").predict(frame)


def test_accuracy_by_a_feature_that_the_model_does_not_use_is_that_of_the_saved_model(heart_failure: Bundle) -> None:
    samples, expected, found = predicted(heart_failure)
    labels = heart_failure.manifest.labels
    for value, is_male in (("no", False), ("yes", True)):
        right = [
            labels[code] == label
            for sample, label, code in zip(samples, expected, found, strict=True)
            if sample["sex"] is is_male
        ]
        (each,) = (
            each
            for each in heart_failure.manifest.metrics["slices"]
            if (each["feature"], each["value"]) == ("sex", value)
        )
        lower, upper = wilson(sum(right), len(right))
        assert each["rows"] == len(right) >= MIN_ROWS
        assert each["estimate"] == pytest.approx({"value": sum(right) / len(right), "lower": lower, "upper": upper})


def test_the_error_of_numbers_by_choice_is_that_of_the_saved_model(penguins: Bundle) -> None:
    samples, expected, found = predicted(penguins)
    slices = {(each["feature"], each["value"]): each for each in penguins.manifest.metrics["slices"]}
    without_sex = sum("sex" not in sample or sample["sex"] is None for sample in samples)
    features = [("species", 3), ("island", 3), ("sex", 2 + bool(without_sex))]
    assert [name for name, _ in slices] == [name for name, count in features for _ in range(count)]
    for species in ("Adelie", "Chinstrap", "Gentoo"):
        rows = [i for i, sample in enumerate(samples) if sample["species"] == species]
        error = mean_absolute_error([float(expected[i]) for i in rows], found[rows])
        each = slices["species", species]
        assert (each["rows"], each["estimate"]["value"]) == (len(rows), pytest.approx(error))
        assert each["estimate"]["lower"] < error < each["estimate"]["upper"]
    assert sum(each["rows"] for (name, _), each in slices.items() if name == "sex") == len(samples)


def test_each_choice_has_a_slice_and_missing_values_have_one_and_few_rows_no_metric() -> None:
    values = np.array(ROWS, dtype=object)
    count = len(ROWS)
    inputs = encode_inputs([{"height": row[0]} for row in ROWS], FEATURES[:1])
    frame = to_frame(FEATURES[:1], inputs)
    lines = np.arange(count)
    part = Dataset(values, inputs, frame, np.zeros(count), np.zeros(count, dtype=str), lines, lines.astype(str), lines)
    is_right = np.arange(count) % 3 == 0
    found = measure_slices(part, FEATURES, lambda rows: estimate_share(is_right[rows]))
    assert [(each["feature"], each["value"], each["rows"]) for each in found] == [
        ("wild", "no", MIN_ROWS - 1),
        ("wild", "yes", 9),
        ("wild", None, MIN_ROWS),
        ("colour", "white", 9),
        ("colour", "2", MIN_ROWS),
        ("colour", "red", 0),
        ("colour", None, MIN_ROWS - 1),
    ]
    assert [each["estimate"] is None for each in found] == [each["rows"] < MIN_ROWS for each in found]
    assert found[1]["estimate"]["value"] == pytest.approx(1 / 3)


def test_a_model_without_choices_has_no_slices(iris: Bundle) -> None:
    assert iris.manifest.metrics["slices"] == []

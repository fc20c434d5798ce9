"""The numbers that the small charts of an answer are drawn with, and the words beside them."""

from pathlib import Path
from typing import Any

import pytest

from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from services.api.pages import charts
from services.api.pages.distributions import build_distributions, share_below
from services.trainer.data import csv_reader
from services.trainer.data.split import split
from services.trainer.models import load_definition
from services.trainer.tasks import task_of

SEEN: dict[str, Any] = {
    "edges": [0.0, 10.0, 20.0, 30.0, 40.0],
    "counts": [2, 4, 0, 2],
    "quantiles": {"0": 0.0, "0.5": 15.0, "1": 40.0},
}


def test_bars_are_as_high_as_their_counts_and_stand_on_the_floor_side_by_side() -> None:
    bars = charts.draw_histogram(SEEN["edges"], SEEN["counts"], 15).bars
    assert [bar.height for bar in bars] == [28, 56, 0, 28]
    assert all(bar.y + bar.height == charts.HEIGHT for bar in bars)
    assert [bar.x for bar in bars] == [1, 61, 121, 181]
    assert {bar.width for bar in bars} == {58}


@pytest.mark.parametrize(("value", "x"), [(0, 0), (15, 90), (40, 240), (-7, 0), (3.4e38, 240)])
def test_the_marker_stands_at_the_value_and_never_outside(value: float, x: float) -> None:
    assert charts.draw_histogram(SEEN["edges"], SEEN["counts"], value).marker == x


def test_of_choices_the_chosen_bar_is_marked() -> None:
    chart = charts.draw_counts([3, 0, 9], 2)
    assert [bar.marked for bar in chart.bars] == [False, False, True]
    assert [round(bar.height, 1) for bar in chart.bars] == [18.7, 0, 56]
    assert chart.marker is None


def test_one_sample_among_very_many_can_still_be_seen() -> None:
    assert [bar.height for bar in charts.draw_counts([1, 10_000, 0], 0).bars] == [charts.LEAST_HEIGHT, 56, 0]


def test_counts_of_nothing_are_drawn_as_nothing() -> None:
    assert [bar.height for bar in charts.draw_counts([0, 0], 0).bars] == [0, 0]


@pytest.mark.parametrize(
    ("value", "share"),
    [(-1, 0), (0, 0), (5, 0.125), (10, 0.25), (12.5, 0.375), (15, 0.5), (20, 0.75), (25, 0.75), (35, 0.875), (41, 1)],
)
def test_the_share_below_a_value_is_read_between_edges_and_quantiles(value: float, share: float) -> None:
    assert share_below(SEEN, value) == pytest.approx(share)


def test_the_share_below_a_value_is_close_to_what_the_training_data_says(heart_failure: Bundle, root: Path) -> None:
    manifest, path = heart_failure.manifest, root / "data" / heart_failure.manifest.data["csv"]
    definition, dataset = csv_reader.parse(csv_reader.read(path), path, load_definition("heart_failure"))
    task = task_of(definition)
    training = task.fitted_on(split(dataset, task.strata(dataset), Settings().train_seed)).inputs.matrix
    checked = 0
    for column, feature in enumerate(manifest.inputs):
        seen, values = manifest.training[feature.name], training[:, column]
        for value in [*seen.get("edges", []), *seen.get("quantiles", {}).values()]:
            # Among many equal values the share may stand anywhere from those below them to those with them.
            below, with_equals = (values < value).mean(), (values <= value).mean()
            assert below - 0.01 <= share_below(seen, value) <= with_equals + 0.01, (feature.name, value)
            checked += 1
    assert checked == 7 * (11 + 7)


def test_words_say_where_each_value_lies(heart_failure: Bundle, patient: dict[str, Any]) -> None:
    manifest = heart_failure.manifest
    row = patient | {"age": 61.0, "anaemia": True, "time": 3, "serum_creatinine": 90.5, "ejection_fraction": 80}
    found = {each.label: each for each in build_distributions(manifest, row)}
    assert list(found) == [feature.label for feature in manifest.inputs]
    assert found["Age"].words.startswith("61 years: higher than 5")
    assert found["Age"].words.endswith("% of the training data")
    no, yes = manifest.training["anaemia"]["counts"]
    assert found["Anaemia"].words == f"yes: as {yes} of {no + yes} in the training data"
    assert (found["Anaemia"].ends, found["Age"].ends) == (("no", "yes"), ("40", "95"))
    assert found["Follow-up period"].words == "3 days: lower than all of the training data"
    assert found["Ejection fraction"].words == "80 %: the highest of the training data"
    assert found["Serum creatinine"].words == "90.5 mg/dL: higher than all of the training data"

"""The curves of the report where a class is missing or the samples are many."""

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from services.trainer import report
from tests.unit.trainer.reports import Model, made_up, of_labels, reported


@pytest.fixture(scope="module")
def model() -> Model:
    definition = of_labels(["a", "b", "c"])
    return reported(LogisticRegression(), made_up(definition, 4000), definition)


def drawn(model: Model, rows: str) -> Model:
    """The same with the test samples of these classes alone."""
    test = model.parts.test
    parts = dataclasses.replace(model.parts, test=test.part(np.flatnonzero(np.isin(test.texts, list(rows)))))
    return dataclasses.replace(model, files=report.draw(model.estimator, parts, model.definition, ()))


def test_a_class_that_the_test_part_lacks_has_no_curve_and_the_others_have(model: Model) -> None:
    alt = drawn(model, "bc").figure("roc_curve")["alt"]
    assert "area under the curve: b 0." in alt
    assert "c 0." in alt
    assert "a 0." not in alt.partition("curve:")[2]


def test_there_is_no_figure_of_curves_without_a_curve(model: Model) -> None:
    names = [figure["name"] for figure in drawn(model, "a").index["figures"]]
    assert "confusion_matrix" in names
    assert not [name for name in names if name.endswith("_curve")]


@pytest.mark.parametrize("kind", ["roc_curve", "precision_recall_curve"])
def test_a_curve_of_many_samples_stays_a_small_file(model: Model, kind: str) -> None:
    assert len(model.parts.test) == 2400
    assert len(model.files[f"{kind}.light.svg"]) < 150_000

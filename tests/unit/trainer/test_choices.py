"""A fitted estimator takes every choice and every missing value that its features allow, or is refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from petalstream.features import Category, Date, Feature, Integer, Number, Text, YesNo
from petalstream.model.frames import to_frame
from petalstream.model.inputs import Inputs
from services.trainer.data.dataset import Dataset
from services.trainer.definition import Classes, Definition, DefinitionError
from services.trainer.evaluation.choices import check_choices

ALL = (
    Number("height", optional=True),
    Integer("thorns", optional=True),
    YesNo("wild", optional=True),
    Category("colour", choices=("white", "pink", "red"), optional=True),
    Date("sown", optional=True),
)
REQUIRED = (Number("height"), Integer("thorns"), YesNo("wild"), Category("colour", choices=("white", "pink", "red")))
LINE = LogisticRegression(max_iter=1000)


class Counting(HistGradientBoostingClassifier):  # type: ignore[misc]
    """Takes missing values, and notes how many rows it predicts at a time."""

    def predict(self, samples: Any) -> Any:
        """Return the predictions of scikit-learn's estimator."""
        self.rows = [*getattr(self, "rows", []), len(samples)]
        return super().predict(samples)


def fit(estimator: Any, features: tuple[Feature, ...]) -> tuple[Any, Dataset, Definition]:
    """Fit on samples without a missing value, and with no choice but the first two."""
    model = Definition("roses.csv", features, Classes("kind", ("alba", "gallica")), estimator)
    texts = {feature.name: ["tall", "low"] * 20 for feature in features if isinstance(feature, Text)}
    inputs = Inputs(np.array([[i % 2] * len(features) for i in range(40)], np.float64), texts)
    codes = np.arange(40) % 2
    labels = np.array(model.labels)[codes]
    rows = np.arange(40)
    data = Dataset(
        inputs.matrix.astype(object), inputs, to_frame(features, inputs), codes, labels, rows, rows.astype(str), rows
    )
    return estimator.fit(data.frame, codes), data, model


def name_of(feature: Feature) -> str:
    return feature.name


def lengths(frame: Any) -> Any:
    """Return the lengths of texts, of which none may be empty."""
    found = np.array([[len(text)] for text in frame.iloc[:, 0]])
    if not found.all():
        raise TypeError("a text is empty")
    return found


@pytest.mark.parametrize("feature", [feature for feature in ALL if not isinstance(feature, Category)], ids=name_of)
def test_an_estimator_that_needs_an_optional_value_is_refused(feature: Feature) -> None:
    with pytest.raises(DefinitionError, match=f"the estimator fails where {feature.name} is missing: .*NaN"):
        check_choices(*fit(LINE, (REQUIRED[0], feature) if feature.name != "height" else (feature,)))


def test_an_estimator_that_fails_on_a_choice_beyond_the_training_part_is_refused() -> None:
    encoded = make_pipeline(make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough"), LINE)
    with pytest.raises(DefinitionError, match="the estimator fails where colour is red: "):
        check_choices(*fit(encoded, REQUIRED))
    ignoring = OneHotEncoder(handle_unknown="ignore")
    check_choices(*fit(make_pipeline(make_column_transformer((ignoring, ["colour"])), LINE), REQUIRED))


def test_an_estimator_may_refuse_a_missing_text_with_any_exception() -> None:
    estimator = make_pipeline(FunctionTransformer(lengths), LINE)
    check_choices(*fit(estimator, (Text("note"),)))
    with pytest.raises(DefinitionError, match="the estimator fails where note is missing: a text is empty"):
        check_choices(*fit(estimator, (Text("note", optional=True),)))


def test_the_values_of_a_feature_are_tried_together() -> None:
    estimator, data, model = fit(Counting(max_iter=1), ALL)
    check_choices(estimator, data, model)
    assert estimator.rows == [1, 1, 3, 4, 1]


def test_nothing_is_tried_for_a_number_that_is_required() -> None:
    estimator, data, model = fit(Counting(max_iter=1), REQUIRED[:2])
    check_choices(estimator, data, model)
    assert not hasattr(estimator, "rows")


def test_the_samples_stay_as_they_are() -> None:
    estimator, data, model = fit(HistGradientBoostingClassifier(max_iter=1), ALL)
    before = data.inputs.matrix.copy()
    check_choices(estimator, data, model)
    assert data.inputs.matrix.tolist() == before.tolist()

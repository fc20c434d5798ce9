"""Makes an estimator that was fitted on a data frame one for a matrix: columns by position, categories as codes."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from petalstream.features import Category, Feature, Text
from services.trainer.conversion.transformers import NotConvertible

# For each column the texts of its codes, or none for a number.
Columns = Sequence[Sequence[str]]
_MEMBERS = ("estimators_", "calibrated_classifiers_")


def for_matrix(estimator: Any, features: Sequence[Feature]) -> Any:
    """Return a copy of a fitted estimator that takes the matrix of these features. Raises NotConvertible."""
    for feature in features:
        if isinstance(feature, Text):
            raise NotConvertible(f"{feature.name} is a text, and a graph takes numbers alone")
    columns = [feature.options if isinstance(feature, Category) else () for feature in features]
    return _rewritten(estimator, columns)


def _rewritten(estimator: Any, columns: Columns) -> Any:
    if isinstance(estimator, Pipeline):
        return _pipeline(estimator, columns)
    if isinstance(estimator, ColumnTransformer):
        return _column_transformer(estimator, columns)
    if isinstance(estimator, OneHotEncoder | OrdinalEncoder):
        return _with(estimator, categories_=_codes(estimator.categories_, columns))
    if isinstance(estimator, SimpleImputer):
        codes = _codes([[each] for each in estimator.statistics_], columns)
        return _with(estimator, statistics_=np.array([each[0] for each in codes], np.float64))
    if (
        isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor)
        and estimator._preprocessor is not None
    ):
        return _with(estimator, _preprocessor=_column_transformer(estimator._preprocessor, columns))
    return _with_members(estimator, columns)


def _pipeline(pipeline: Pipeline, columns: Columns) -> Pipeline:
    steps = []
    for name, step in pipeline.steps:
        steps.append((name, _rewritten(step, columns)))
        # An imputer keeps the columns; of others the outputs are numbers.
        if not isinstance(step, SimpleImputer) and step not in (None, "passthrough"):
            columns = []
    return _with(pipeline, steps=steps)


def _column_transformer(transformer: ColumnTransformer, columns: Columns) -> ColumnTransformer:
    taken = transformer._transformer_to_input_indices
    found = []
    for name, each, _ in transformer.transformers_:
        positions = [int(position) for position in taken[name]]
        own = each if isinstance(each, str) else _rewritten(each, [columns[position] for position in positions])
        found.append((name, own, positions))
    return _with(transformer, transformers_=found)


def _with_members(estimator: Any, columns: Columns) -> Any:
    """Return an estimator whose members get the same columns with these rewritten."""
    for name in _MEMBERS:
        members = getattr(estimator, name, None)
        if isinstance(members, list) and any(columns):
            estimator = _with(estimator, **{name: [_rewritten(each, columns) for each in members]})
    if any(columns) and hasattr(estimator, "estimator"):
        inner = estimator.estimator
        estimator = _with(
            estimator,
            estimator=_rewritten(inner, columns) if any(name.endswith("_") for name in vars(inner)) else inner,
        )
    return estimator


def _codes(categories: Sequence[Sequence[Any]], columns: Columns) -> list[Any]:
    """Return the categories of each column as codes, NaN for a missing one; those of numbers as they are."""
    if not columns:
        return list(categories)
    return [
        np.array([options.index(each) if each in options else np.nan for each in found], np.float64)
        if options
        else np.asarray(found)
        for found, options in zip(categories, columns, strict=True)
    ]


def _with(fitted: Any, /, **attributes: Any) -> Any:
    changed = copy(fitted)
    vars(changed).update(attributes)
    return changed

"""What can be wrong with a definition."""

import difflib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer_names

from petalstream.features import Feature, Number
from petalstream.model import own_code
from petalstream.model.bundle import SAMPLE_ID
from petalstream.model.inference import is_vote, voters
from services.trainer.definition import requirements
from services.trainer.definition.card import Card
from services.trainer.definition.columns import Classes, Csv, Ignored, is_list_of_texts
from services.trainer.definition.conditions import condition_complaints
from services.trainer.definition.fitted import Fitted
from services.trainer.definition.scores import scores_numbers
from services.trainer.definition.source import Source
from services.trainer.definition.split import split_complaints

if TYPE_CHECKING:
    from services.trainer.definition.model import Definition


def complaints(model: "Definition") -> Iterator[str]:
    """Yield what is wrong with a definition."""
    if not isinstance(model.csv, str | Csv):
        yield f'csv must be the name of a file, or Csv("houses.csv", delimiter=";"), not {model.csv!r}'
    if not isinstance(model.target, Classes | Number):
        yield f'target must be Classes("column", ["one label", "another"]) or Number("column"), not {model.target!r}'
    if isinstance(model.features, str) or not isinstance(model.features, Sequence):
        yield f"features must be a list, not {model.features!r}"
    for each in model.features:
        if not isinstance(each, Feature | Ignored):
            yield f"features must be Number, Integer, YesNo, Category, Text, Date or Ignored, not {each!r}"
    yield from _text_complaints(model)
    yield from _column_complaints(model)
    yield from split_complaints(model)
    if isinstance(model.target, Classes):
        yield from _label_complaints(model.target)
    else:
        yield from _number_complaints(model, model.target)
    yield from _estimator_complaints(model) if model.fitted is None else _fitted_complaints(model)
    yield from condition_complaints(model)


def _fitted_complaints(model: "Definition") -> Iterator[str]:
    if not isinstance(model.fitted, Fitted):
        yield f'fitted must be such as Fitted("model.onnx"), not {model.fitted!r}'
    for name in ("estimator", "grid", "scoring", "compare_without"):
        given = getattr(model, name)
        if given is not None and (name == "estimator" or given):
            yield f"{name} is for a model that is trained here, and fitted names one that was fitted elsewhere"


def _text_complaints(model: "Definition") -> Iterator[str]:
    for name in ("title", "predicts", "sample", "scoring"):
        if not isinstance(text := getattr(model, name), str):
            yield f"{name} must be a text, not {text!r}"
    for name in ("notes", "compare_without", "code", "requirements"):
        if not is_list_of_texts(texts := getattr(model, name)):
            yield f"{name} must be a list of texts, not {texts!r}"
            return
    if model.source is not None and not _has_texts(model.source, Source):
        yield f"source must be Source(citation, url, licence), all of them texts, not {model.source!r}"
    if not _has_texts(model.card, Card):
        names = ", ".join(vars(Card()))
        yield f"card must be Card({names}), all of them texts, not {model.card!r}"
    yield from _own_code_complaints(model)


def _own_code_complaints(model: "Definition") -> Iterator[str]:
    for name in model.code:
        if "/" in name:
            yield f"code must name files in {own_code.FOLDER}/, not {name!r}"
        elif not own_code.path_of(name).is_file():
            yield f"code names {name!r}, and there is no {own_code.FOLDER}/{name}"
    yield from filter(None, map(requirements.find_fault, model.requirements))


def _has_texts(given: object, kind: type) -> bool:
    return isinstance(given, kind) and all(isinstance(text, str) for text in vars(given).values())


def _column_complaints(model: "Definition") -> Iterator[str]:
    names, inputs = [each.name for each in model.features], [feature.name for feature in model.inputs]
    if len({*names, model.target_column, SAMPLE_ID}) < len(names) + 2:
        yield f"features and target must have names that differ, and none may be {SAMPLE_ID!r}, the line of a sample"
    if not inputs:
        yield "a model needs an input"
    for name in model.compare_without:
        if name not in inputs or len(inputs) == 1:
            yield f"compare_without names {name!r}, which is none of two or more inputs"


def _label_complaints(target: Classes) -> Iterator[str]:
    if isinstance(target.labels, str) or not isinstance(target.labels, Sequence | Mapping):
        yield f"labels must be a list, or a mapping of the values of the CSV to labels, not {target.labels!r}"
        return
    words = [*target.words, *target.words.values()]
    if not all(words):
        yield "a label must not be empty"
    if words and len(set(target.words.values())) < max(2, len(target.labels)):
        yield "a model needs two or more labels that differ"
    if words and target.positive is not None and target.positive_word not in target.words.values():
        yield f"positive is {target.positive!r}, which is none of the labels {', '.join(target.words.values())}"
    if not isinstance(target.optional, bool):
        yield f"optional of {target.column} must be True or False, not {target.optional!r}"
    if None in (target.labels.values() if isinstance(target.labels, Mapping) else target.labels):
        yield "a label must not be None"
    if target.positive is not None and len(target.words) > 2:
        yield "positive is for two labels"


def _number_complaints(model: "Definition", target: Number) -> Iterator[str]:
    if not target.used:
        yield "a target must not have used=False"
    if isinstance(model.coverage, bool) or not isinstance(model.coverage, float) or not 0 < model.coverage < 1:
        yield f"coverage must be a number between 0 and 1, not {model.coverage!r}"


def _estimator_complaints(model: "Definition") -> Iterator[str]:
    estimator = model.estimator
    if estimator is None:
        yield "a model needs an estimator, or fitted=Fitted(...) if it was fitted elsewhere"
        return
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        yield "the estimator must be an estimator of scikit-learn, with its parameters in brackets"
        return
    is_kind, kind = (is_classifier, "classifier") if isinstance(model.target, Classes) else (is_regressor, "regressor")
    if not hasattr(estimator, "get_params") or not _is(is_kind, estimator):
        yield f"for this target the estimator must be a {kind}, and {type(estimator).__name__} is none"
        return
    try:
        joblib.dump(estimator, io.BytesIO())
    except Exception as error:  # what it raises depends on the object
        yield f"the estimator cannot be saved: {error}; put functions and classes of your own into {own_code.FOLDER}/"
    if model.score not in get_scorer_names():
        close = difflib.get_close_matches(model.scoring, get_scorer_names())
        yield f"scikit-learn has no scoring {model.scoring!r}; it has {', '.join(close or get_scorer_names())}"
    elif isinstance(model.target, Number) and not scores_numbers(model.score):
        yield f"the scoring {model.score!r} is none of predicted numbers; r2 and neg_mean_absolute_error are two"
    yield from _grid_complaints(model)


def _grid_complaints(model: "Definition") -> Iterator[str]:
    if not isinstance(model.grid, Mapping):
        yield f"the grid must map parameters to lists of values, such as {{'C': [0.1, 1]}}, and is {model.grid!r}"
        return
    for key, values in model.grid.items():
        if not isinstance(key, str):
            yield f"the grid must have names of parameters, and has {key!r}"
            return
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray) or not len(values):
            yield f"the grid must have lists of values, such as {{'C': [0.1, 1]}}, and not {key!r}: {values!r}"
            return
    parameters = model.estimator.get_params(deep=True)
    unknown = sorted(set(model.grid) - set(parameters))
    if is_searched_by_voter(model.estimator):
        names = voters(model.estimator)
        unknown = [key for key in unknown if key.split("__")[0] in names]
        for key in model.grid:
            if key.split("__")[0] not in names:
                yield f"the grid has {key!r}, which begins with the name of no voter"
    if unknown:
        known = ", ".join(sorted(parameters)[:30])
        yield f"the grid has {unknown[0]!r}, and the estimator has no such parameter; it has {known}"


def _is(kind: Callable[[Any], bool], estimator: Any) -> bool:
    try:
        return kind(estimator)
    except AttributeError:  # an estimator that does not extend scikit-learn's BaseEstimator
        return False


def is_searched_by_voter(estimator: Any) -> bool:
    """Return whether each voter is searched by itself: in a majority vote that is not inside a Pipeline."""
    return is_vote(estimator) and hasattr(estimator, "estimators")

"""What a definition may say, and what it cannot mean."""

import dataclasses
import re
from typing import Any

import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from petalstream.features import Number
from services.trainer.definition import Card, Classes, Csv, DefinitionError, Ignored, Source
from services.trainer.models import load_definition

IRIS = load_definition("iris")
SPECIES = ["setosa", "versicolor", "virginica"]
VOTE = VotingClassifier([("tree", DecisionTreeClassifier())])


class Bare:
    """An estimator without parameters."""

    def fit(self, samples: Any, codes: Any) -> "Bare":
        """Learn nothing."""
        return self


class Tagless(Bare):
    """An estimator with parameters that does not extend scikit-learn's."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return no parameter."""
        return {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"csv": 1}, 'csv must be the name of a file, or Csv("houses.csv", delimiter=";"), not 1'),
        (
            {"target": "species"},
            'target must be Classes("column", ["one label", "another"]) or Number("column"), not \'species\'',
        ),
        (
            {"features": [Number]},
            "features must be Number, Integer, YesNo, Category, Text, Date or Ignored, not <class",
        ),
        ({"features": [Ignored("sepal_length")], "compare_without": []}, "a model needs an input"),
        ({"features": [Number("x", used=False)]}, "a model needs an input"),
        ({"features": [Number("x"), Ignored("x")]}, "features and target must have names that differ"),
        ({"target": Classes("petal_width", SPECIES)}, "features and target must have names that differ"),
        ({"target": Classes("species", ["setosa"])}, "two or more labels that differ"),
        ({"target": Classes("species", ["setosa", "setosa"])}, "two or more labels that differ"),
        ({"target": Classes("species", {"a": "setosa", "b": "setosa"})}, "two or more labels that differ"),
        (
            {"target": Classes("species", "ab")},
            "labels must be a list, or a mapping of the values of the CSV to labels",
        ),
        ({"target": Classes("species", ["", "rose"])}, "a label must not be empty"),
        (
            {"target": Classes("species", SPECIES[:2], "rose")},
            "positive is 'rose', which is none of the labels setosa,",
        ),
        ({"target": Classes("species", SPECIES, "setosa")}, "positive is for two labels"),
        ({"target": Classes("line", SPECIES)}, "none may be 'line', the line of a sample"),
        ({"estimator": DecisionTreeClassifier}, "with its parameters in brackets"),
        ({"estimator": VOTE, "grid": {"tree__max_depth": [1], "forest__max_depth": [1]}}, "'forest__max_depth', which"),
        (
            {"estimator": VOTE, "grid": {"tree__depth": [1]}},
            "the grid has 'tree__depth', and the estimator has no such",
        ),
        ({"grid": {"classify__c": [1]}}, "the grid has 'classify__c', and the estimator has no such parameter; it has"),
        ({"grid": {1: [1]}}, "the grid must have names of parameters, and has 1"),
        (
            {"grid": {"classify__C": 1}},
            "the grid must have lists of values, such as {'C': [0.1, 1]}, and not 'classify__C': 1",
        ),
        ({"grid": {"classify__C": []}}, "and not 'classify__C': []"),
        ({"grid": {"classify__solver": "lbfgs"}}, "and not 'classify__solver': 'lbfgs'"),
        ({"grid": [{"classify__C": [1]}]}, "the grid must map parameters to lists of values"),
        ({"grid": None}, "the grid must map parameters to lists of values, such as {'C': [0.1, 1]}, and is None"),
        ({"compare_without": ["colour"]}, "compare_without names 'colour', which is none of two or more inputs"),
        ({"scoring": 5}, "scoring must be a text, not 5"),
        ({"title": None}, "title must be a text, not None"),
        ({"notes": "one note"}, "notes must be a list of texts, not 'one note'"),
        ({"notes": [1]}, "notes must be a list of texts, not [1]"),
        ({"compare_without": None}, "compare_without must be a list of texts, not None"),
        ({"source": "a book"}, "source must be Source(citation, url, licence), all of them texts, not 'a book'"),
        ({"source": {"citation": "a book"}}, "source must be Source(citation, url, licence)"),
        ({"source": Source("a book", None, "CC0")}, "source must be Source(citation, url, licence), all of them texts"),  # type: ignore[arg-type]
        (
            {"card": "for us"},
            "card must be Card(intended_use, out_of_scope, limits, factors, owner), all of them texts, not 'for us'",
        ),
        ({"card": None}, "card must be Card(intended_use, out_of_scope, limits, factors, owner)"),
        ({"card": Card(owner=["us"])}, "all of them texts, not Card(intended_use='', out_of_scope='', limits=''"),  # type: ignore[arg-type]
        ({"scoring": "acuracy"}, "scikit-learn has no scoring 'acuracy'; it has accuracy, top_k_accuracy"),
        (
            {"estimator": make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression()), "grid": {}},
            "own into model_code/",
        ),
        (
            {"requirements": ["lightgbm==4.6.0"]},
            "lightgbm==4.6.0 is needed, and 4.7.0 is installed; `make up`, `make train` and `make demo` install it",
        ),
        ({"requirements": ["no-such-package==1.0"]}, "no-such-package==1.0 is needed, and no version is installed"),
        ({"code": "own.py"}, "code must be a list of texts, not 'own.py'"),
        ({"code": ["model_code/own.py"]}, "code must name files in model_code/, not 'model_code/own.py'"),
        ({"code": ["../setup.py"]}, "code must name files in model_code/, not '../setup.py'"),
        ({"code": ["gone.py"]}, "code names 'gone.py', and there is no model_code/gone.py"),
        *(
            ({"requirements": [wrong]}, f'requirements must be such as "lightgbm==4.7.0", not {wrong!r}')
            for wrong in ("lightgbm", "lightgbm>=4", "lightgbm==4.7.0 --pre", "-r more.txt", "lightgbm==4.*", "")
        ),
        ({"target": Classes("species", [*SPECIES, None])}, "a label must not be None"),
        ({"target": Classes("species", {0: "setosa", 1: None})}, "a label must not be None"),  # type: ignore[dict-item]
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        dataclasses.replace(IRIS, **changes)


@pytest.mark.parametrize(
    "estimator",
    [LinearRegression(), KMeans(), StandardScaler(), make_pipeline(StandardScaler(), Ridge()), Tagless(), Bare()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_an_estimator_that_is_no_classifier_is_refused(estimator: Any) -> None:
    with pytest.raises(DefinitionError, match=f"must be a classifier, and {type(estimator).__name__} is none"):
        dataclasses.replace(IRIS, estimator=estimator, grid={})


@pytest.mark.parametrize(
    ("of", "given", "said"),
    [
        (Classes, {"column": 5}, "Classes needs the name of a column, and has 5"),
        (Classes, {"column": " "}, "Classes needs the name of a column, and has ' '"),
        (Ignored, {"name": 5}, "Ignored needs the name of a column, and has 5"),
        (Ignored, {"name": ""}, "Ignored needs the name of a column, and has ''"),
        (Csv, {"path": ""}, "the path of a Csv must be the name of a file, not ''"),
        (Csv, {"path": "a.csv", "delimiter": ";;"}, "the delimiter of a.csv must be one character, not ';;'"),
        (Csv, {"path": "a.csv", "delimiter": '"'}, "the delimiter of a.csv must not be '\"'"),
        (Csv, {"path": "a.csv", "decimal": "'"}, 'decimal of a.csv must be "." or ","'),
        (Csv, {"path": "a.csv", "delimiter": ",", "decimal": ","}, "and not the delimiter: ','"),
        (Csv, {"path": "a.csv", "encoding": "hex"}, "there is no encoding 'hex', which a.csv is to have"),
        (Csv, {"path": "a.csv", "encoding": "utf-99"}, "there is no encoding 'utf-99', which a.csv is to have"),
        (Csv, {"path": "a.csv", "encoding": "undefined"}, "there is no encoding 'undefined', which a.csv is to have"),
        (Csv, {"path": "a.csv", "encoding": None}, "there is no encoding None, which a.csv is to have"),
        (Csv, {"path": "a.csv", "missing": "NA"}, 'missing of a.csv must be a list of texts, such as ("", "NA")'),
        (Csv, {"path": "a.csv", "missing": [-9]}, "missing of a.csv must be a list of texts"),
        (Csv, {"path": "a.csv", "missing": None}, "missing of a.csv must be a list of texts"),
    ],
)
def test_a_csv_or_a_column_that_cannot_be_is_refused(of: type, given: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        of(**given)


def test_a_label_may_be_written_as_a_number_and_is_predicted_as_a_text() -> None:
    assert Classes("died", {0: "no", 1: "yes"}).words == {"0": "no", "1": "yes"}
    assert Classes("died", [0, 1]).words == {"0": "0", "1": "1"}


def test_the_positive_of_two_labels_comes_last_and_others_come_in_order() -> None:
    assert Classes("tree", ["yew", "elm", "oak"]).order == ("elm", "oak", "yew")
    assert Classes("tree", ["yew", "elm"]).order == ("elm", "yew")
    assert Classes("tree", ["yew", "elm"], "elm").order == ("yew", "elm")


def test_an_estimator_need_not_give_probabilities() -> None:
    model = dataclasses.replace(IRIS, estimator=LinearSVC(), grid={"C": [1.0]})
    assert model.labels == tuple(SPECIES)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "utf-32", "latin-1", "cp1252", "shift_jis", "mac_roman"])
def test_a_csv_may_have_any_encoding_of_texts(encoding: str) -> None:
    assert Csv("a.csv", encoding=encoding).encoding == encoding


def test_a_csv_may_be_named_alone_or_with_its_format() -> None:
    assert IRIS.file == Csv("iris.csv")
    semicolons = Csv("iris.csv", delimiter=";")
    assert dataclasses.replace(IRIS, csv=semicolons).file == semicolons

"""Regressors: the progression of diabetes, and the mass of penguins."""

import lightgbm
import numpy as np
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import ElasticNet, HuberRegressor, LassoCV, LinearRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR, LinearSVR
from sklearn.tree import DecisionTreeRegressor

from petalstream.features import Category, Number
from services.trainer.definition import Csv, Definition, Ignored
from tests.integration.definitions.case import ONNX, SCIKIT_LEARN, Case
from tests.integration.definitions.public_data import penguins, write

MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm")


def diabetes() -> bytes:
    """Return the patients with the progression of their disease."""
    data = load_diabetes(scaled=False)
    rows = ([*row, target] for row, target in zip(data.data, data.target, strict=True))
    return write([[*data.feature_names, "progression"], *rows])


def case(estimator: object, runs_on: str = ONNX, requirements: tuple[str, ...] = ()) -> Case:
    """An estimator for the progression of diabetes."""
    features = [Number(name) for name in load_diabetes().feature_names]
    target = Number("progression", minimum=0)
    definition = Definition("diabetes.csv", features, target, estimator, requirements=requirements)
    return Case(diabetes, definition, runs_on)


def of_penguins(estimator: object) -> Case:
    """An estimator for the mass of a penguin, of which the sex may be missing."""
    measures = [Number(name, unit="mm", minimum=0) for name in MEASURES]
    categories = [Category("species"), Category("island"), Category("sex", optional=True)]
    definition = Definition(
        csv=Csv("penguins.csv", missing=("NA",)),
        features=[*categories, *measures, Ignored("year")],
        target=Number("body_mass_g", "Body mass", unit="g", minimum=0, optional=True),
        estimator=estimator,
    )
    return Case(penguins, definition)


ENCODED = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["species", "island", "sex"]), (StandardScaler(), list(MEASURES))
)
TREES = {"n_estimators": 20, "random_state": 0}
CASES = {
    "number: least squares": case(make_pipeline(StandardScaler(), LinearRegression())),
    "number: ridge of products": case(make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge())),
    "number: lasso": case(make_pipeline(StandardScaler(), LassoCV(random_state=0))),
    "number: elastic net": case(make_pipeline(StandardScaler(), ElasticNet(0.1))),
    "number: Huber": case(make_pipeline(StandardScaler(), HuberRegressor())),
    "number: Poisson": case(make_pipeline(StandardScaler(), PoissonRegressor())),
    "number: support vectors": case(make_pipeline(StandardScaler(), SVR(C=100))),
    "number: support vectors, linear": case(make_pipeline(StandardScaler(), LinearSVR(C=10, random_state=0))),
    "number: nearest neighbours": case(make_pipeline(StandardScaler(), KNeighborsRegressor(7))),
    "number: tree": case(DecisionTreeRegressor(max_depth=5, random_state=0)),
    "number: forest": case(RandomForestRegressor(**TREES)),
    "number: extra trees": case(ExtraTreesRegressor(**TREES)),
    "number: gradient boosting": case(GradientBoostingRegressor(**TREES)),
    "number: histogram gradient boosting": case(HistGradientBoostingRegressor(max_iter=20, random_state=0)),
    "number: ada boost": case(AdaBoostRegressor(**TREES)),
    "number: bagging": case(BaggingRegressor(n_estimators=10, random_state=0)),
    "number: neural network": case(
        make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=0))
    ),
    "number: Gaussian process": case(
        make_pipeline(StandardScaler(), GaussianProcessRegressor(alpha=1.0, normalize_y=True))
    ),
    "number: mean of two": case(
        VotingRegressor([("line", Ridge()), ("tree", DecisionTreeRegressor(max_depth=4, random_state=0))])
    ),
    "number: stack": case(
        StackingRegressor([("line", Ridge()), ("tree", DecisionTreeRegressor(max_depth=4, random_state=0))])
    ),
    "number: logarithm of the target": case(
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1), SCIKIT_LEARN
    ),
    "number: LightGBM": case(
        lightgbm.LGBMRegressor(n_estimators=20, verbose=-1, random_state=0, n_jobs=1),
        SCIKIT_LEARN,
        ("lightgbm==4.7.0",),
    ),
    "number: categories, ridge": of_penguins(make_pipeline(ENCODED, Ridge())),
    "number: categories, histogram gradient boosting": of_penguins(
        HistGradientBoostingRegressor(max_iter=20, categorical_features="from_dtype", random_state=0)
    ),
}

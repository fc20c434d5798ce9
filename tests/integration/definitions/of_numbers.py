"""Estimators for numbers without missing values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from services.trainer.definition import Classes, Definition
from tests.integration.definitions.case import ONNX, SCIKIT_LEARN, Case
from tests.integration.definitions.public_data import numbers, of

KINDS: dict[str, Sequence[Any]] = {
    "wine": ["class_0", "class_1", "class_2"],
    "breast_cancer": ["malignant", "benign"],
    "digits": list(range(10)),
}


def case(data: str, estimator: object, runs_on: str = ONNX) -> Case:
    """An estimator for one of scikit-learn's data sets."""
    definition = Definition(
        csv=f"{data}.csv",
        features=numbers(data),
        target=Classes("kind", KINDS[data]),
        estimator=estimator,
        grid={},
    )
    return Case(of(data), definition, runs_on)


def scaled(estimator: object) -> object:
    """The estimator after a StandardScaler."""
    return make_pipeline(StandardScaler(), estimator)


LOGISTIC = LogisticRegression(max_iter=2000)
TREE = DecisionTreeClassifier(random_state=0, max_depth=4)
CASES = {
    "logistic regression": case("wine", scaled(LOGISTIC)),
    "tree": case("wine", TREE),
    "forest": case("breast_cancer", RandomForestClassifier(30, random_state=0)),
    "extra trees": case("digits", ExtraTreesClassifier(30, random_state=0)),
    "gradient boosting": case("wine", GradientBoostingClassifier(n_estimators=20, random_state=0)),
    "histogram gradient boosting, two labels": case("breast_cancer", HistGradientBoostingClassifier(max_iter=30)),
    "histogram gradient boosting, three labels": case("wine", HistGradientBoostingClassifier(max_iter=30)),
    "ada boost": case("wine", AdaBoostClassifier(n_estimators=10, random_state=0)),
    "bagging": case("wine", BaggingClassifier(TREE, n_estimators=5, random_state=0)),
    "nearest neighbours": case("wine", scaled(KNeighborsClassifier(5))),
    "nearest neighbours, unscaled": case("digits", KNeighborsClassifier(3), runs_on=SCIKIT_LEARN),
    "nearest centroid": case("wine", NearestCentroid(), runs_on=SCIKIT_LEARN),
    "naive Bayes, Gaussian": case("wine", GaussianNB()),
    "naive Bayes, multinomial": case("digits", MultinomialNB()),
    "naive Bayes, complement": case("digits", ComplementNB()),
    "naive Bayes, Bernoulli": case("digits", BernoulliNB(binarize=8.0)),
    "linear discriminants after PCA": case(
        "digits", make_pipeline(PCA(20, random_state=0), LinearDiscriminantAnalysis())
    ),
    "quadratic discriminants": case("wine", QuadraticDiscriminantAnalysis()),
    "support vectors, linear": case("breast_cancer", scaled(LinearSVC(random_state=0))),
    "support vectors, linear, calibrated": case(
        "breast_cancer", scaled(CalibratedClassifierCV(LinearSVC(random_state=0)))
    ),
    "support vectors": case("wine", scaled(SVC())),
    "ridge": case("wine", scaled(RidgeClassifier())),
    "stochastic gradient descent": case("wine", scaled(SGDClassifier(random_state=0))),
    "stochastic gradient descent, logistic": case("wine", scaled(SGDClassifier(loss="log_loss", random_state=0))),
    "perceptron": case("wine", scaled(Perceptron(random_state=0))),
    "neural network": case("digits", make_pipeline(MinMaxScaler(), MLPClassifier((32,), max_iter=60, random_state=0))),
    "gaussian process": case("wine", scaled(GaussianProcessClassifier(random_state=0)), runs_on=SCIKIT_LEARN),
    "one against the rest": case("wine", OneVsRestClassifier(LOGISTIC)),
    "one against one": case("wine", OneVsOneClassifier(LOGISTIC)),
    "soft vote": case(
        "wine", VotingClassifier([("tree", TREE), ("bayes", GaussianNB())], voting="soft", weights=[1, 0.77])
    ),
    "hard vote": case("wine", VotingClassifier([("tree", TREE), ("bayes", GaussianNB())])),
    "stack": case("wine", StackingClassifier([("tree", TREE), ("bayes", GaussianNB())], LOGISTIC)),
    "polynomials": case(
        "wine", make_pipeline(RobustScaler(), PolynomialFeatures(2), LogisticRegression(max_iter=5000))
    ),
    "a function": case("wine", make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LOGISTIC)),
    "quantiles": case("wine", make_pipeline(QuantileTransformer(n_quantiles=50, random_state=0), LOGISTIC)),
}

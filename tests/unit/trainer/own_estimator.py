"""An estimator that no image of the api has."""

from sklearn.linear_model import LogisticRegression


class OwnRegression(LogisticRegression):  # type: ignore[misc]
    """As good as scikit-learn's, and no converter knows it."""

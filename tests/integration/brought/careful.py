"""A label that is predicted from a threshold on, and not when it is the likelier one."""

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier

from petalstream.features import YesNo
from services.trainer.definition import Classes, Definition, Ignored, Split

MODEL = Definition(
    csv="roses.csv",
    features=[YesNo("scented"), *map(Ignored, ("height", "thorns", "colour", "garden", "notes"))],
    target=Classes("variety", ["alba", "gallica"], positive="gallica"),
    # Roses that smell alike, or do not, are not the same rose.
    split=Split(duplicates="allow"),
    estimator=FixedThresholdClassifier(LogisticRegression(), threshold=0.9),
    scoring="f1",
    # With this threshold it never says gallica, which is what the tests look at.
    publish_if=[],
)

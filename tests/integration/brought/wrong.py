"""A model whose CSV has no such column."""

from sklearn.linear_model import LogisticRegression

from petalstream.features import Number
from services.trainer.definition import Classes, Definition

MODEL = Definition(
    csv="roses.csv",
    features=[Number("weight")],
    target=Classes("variety", ["alba", "gallica"]),
    estimator=LogisticRegression(),
)

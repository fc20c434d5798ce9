"""Text, a missing value, another package, and a transformer of one's own."""

from lightgbm import LGBMClassifier
from model_code.clipping import Clipped  # type: ignore[import-not-found]
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from petalstream.features import Category, Number, Text
from services.trainer.definition import Classes, Definition, Ignored

MODEL = Definition(
    csv="roses.csv",
    features=[
        Text("notes", optional=True),
        Number("height", optional=True),
        Category("colour", other=True),
        Ignored("thorns"),
        Ignored("scented"),
        Ignored("garden"),
    ],
    target=Classes("variety"),
    estimator=make_pipeline(
        make_column_transformer((CountVectorizer(), "notes"), (Clipped(50, 200), ["height"])),
        LGBMClassifier(n_estimators=10, min_child_samples=5, verbose=-1, n_jobs=1, random_state=0),
    ),
    code=["clipping.py"],
    requirements=["lightgbm==4.7.0"],
)

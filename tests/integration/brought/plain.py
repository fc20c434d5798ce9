"""An estimator without probabilities."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from petalstream.features import Integer, Number
from services.trainer.definition import Classes, Definition, Ignored

MODEL = Definition(
    csv="roses.csv",
    features=[Number("height"), Integer("thorns"), *map(Ignored, ("scented", "colour", "garden", "notes"))],
    target=Classes("variety", ["alba", "gallica"]),
    estimator=make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
)

"""The model behind BentoML, as its documentation writes it: a service class with a typed api."""

import os

import bentoml
import joblib
import numpy as np
from pydantic import BaseModel


class Flower(BaseModel):
    """One row to score, in centimetres."""

    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Answer(BaseModel):
    """The most probable label, and the probability of each."""

    label: str
    probabilities: dict[str, float]


# The access log is off, as it is for the others.
@bentoml.service(workers=2, logging={"access": {"enabled": False}})
class Iris:
    """One worker's copy of the model."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])
        self.labels = self.model.classes_.tolist()

    @bentoml.api
    def predict(self, flower: Flower) -> Answer:
        """Score one row."""
        row = np.array([[flower.sepal_length, flower.sepal_width, flower.petal_length, flower.petal_width]])
        probabilities = self.model.predict_proba(row)[0]
        return Answer(
            label=self.labels[probabilities.argmax()],
            probabilities=dict(zip(self.labels, probabilities.tolist(), strict=True)),
        )

"""The model behind FastAPI, as its documentation writes it: pydantic models in and out."""

import os

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = joblib.load(os.environ["MODEL"])
labels = model.classes_.tolist()


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


def score(flowers: list[Flower]) -> list[Answer]:
    """An answer for each flower, from one call of the model."""
    rows = np.array([[row.sepal_length, row.sepal_width, row.petal_length, row.petal_width] for row in flowers])
    table = model.predict_proba(rows)
    return [
        Answer(label=labels[best], probabilities=dict(zip(labels, row, strict=True)))
        for best, row in zip(table.argmax(axis=1).tolist(), table.tolist(), strict=True)
    ]


@app.get("/health")
async def health() -> str:
    """Answer once the model is loaded."""
    return "ok"


# In the event loop: a call of this model takes less time than handing it to FastAPI's thread pool and back.
@app.post("/predict")
async def predict(flower: Flower) -> Answer:
    """Score one row."""
    return score([flower])[0]


@app.post("/predict_rows")
async def predict_rows(flowers: list[Flower]) -> list[Answer]:
    """Score many rows at once."""
    return score(flowers)

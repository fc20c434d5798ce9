"""A Quix Streams application with the model in it: `app.py BOOTSTRAP GROUP REQUESTS PREDICTIONS MODEL`."""

import sys
from pathlib import Path

import joblib
import numpy as np
from quixstreams import Application

bootstrap, group, requests_topic, predictions_topic, model_path = sys.argv[1:]
model = joblib.load(model_path)
labels = model.classes_.tolist()


def score(flower: dict[str, float]) -> dict[str, object]:
    """The answer for one record's value."""
    row = [flower["sepal_length"], flower["sepal_width"], flower["petal_length"], flower["petal_width"]]
    probabilities = model.predict_proba(np.array([row]))[0]
    return {
        "label": labels[probabilities.argmax()],
        "probabilities": dict(zip(labels, probabilities.tolist(), strict=True)),
        "features": flower,
    }


app = Application(
    bootstrap,
    consumer_group=group,
    auto_offset_reset="earliest",
    auto_create_topics=False,
    # Made whether or not there is state; in the environment it is in nobody's way.
    state_dir=Path(sys.prefix) / "state",
)
flowers = app.dataframe(app.topic(requests_topic, value_deserializer="json"))
flowers = flowers.apply(score).to_topic(app.topic(predictions_topic, value_serializer="json"))
app.run()

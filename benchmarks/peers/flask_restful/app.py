"""The model behind Flask-RESTful and Flask's development server, as tutorials write it."""

import os

import joblib
from flask import Flask
from flask_restful import Api, Resource, reqparse

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]

app = Flask(__name__)
api = Api(app)
model = joblib.load(os.environ["MODEL"])
parser = reqparse.RequestParser()
for feature in FEATURES:
    parser.add_argument(feature, type=float, required=True, location="json")


class Health(Resource):
    """Answers once the model is loaded."""

    def get(self) -> str:
        """Say so."""
        return "ok"


class Predict(Resource):
    """Scores one row."""

    def post(self) -> dict[str, object]:
        """The most probable label, and the probability of each."""
        row = parser.parse_args()
        probabilities = model.predict_proba([[row[feature] for feature in FEATURES]])[0]
        return {
            "label": str(model.classes_[probabilities.argmax()]),
            "probabilities": dict(zip(model.classes_, probabilities.tolist(), strict=True)),
        }


api.add_resource(Health, "/health")
api.add_resource(Predict, "/predict")

"""The model behind LitServe, as its documentation writes it: `serve.py MODEL PORT`."""

import sys

import joblib
import litserve
import numpy as np
from pydantic import BaseModel


class Flower(BaseModel):
    """One row to score, in centimetres."""

    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


class Iris(litserve.LitAPI):
    """What each of the workers does with a request."""

    def setup(self, device: str) -> None:
        """Load the worker's own copy of the model."""
        self.model = joblib.load(sys.argv[1])
        self.labels = self.model.classes_.tolist()

    def decode_request(self, request: Flower) -> np.ndarray:
        """The request as a table of one row."""
        return np.array([[request.sepal_length, request.sepal_width, request.petal_length, request.petal_width]])

    def predict(self, row: np.ndarray) -> np.ndarray:
        """The probability of each label."""
        return self.model.predict_proba(row)[0]

    def encode_response(self, probabilities: np.ndarray) -> dict[str, object]:
        """The answer as it is written in JSON."""
        return {
            "label": self.labels[probabilities.argmax()],
            "probabilities": dict(zip(self.labels, probabilities.tolist(), strict=True)),
        }


if __name__ == "__main__":
    server = litserve.LitServer(Iris(api_path="/predict"), accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", generate_client_file=False)

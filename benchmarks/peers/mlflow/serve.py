"""The model behind MLflow's scoring server with two workers: `serve.py MODEL PORT`."""

import os
import shutil
import sys
from pathlib import Path

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
FLOWER = pd.DataFrame([[5.1, 3.5, 1.4, 0.2]], columns=FEATURES)


def save(model_path: str, folder: Path) -> None:
    """Write the model in MLflow's form, with a signature, so that requests are checked against it."""
    shutil.rmtree(folder, ignore_errors=True)
    model = joblib.load(model_path)
    signature = infer_signature(FLOWER, model.predict_proba(FLOWER.to_numpy()))
    mlflow.sklearn.save_model(
        model, str(folder), signature=signature, pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle"
    )


if __name__ == "__main__":
    # In the environment's own folder, where it is in nobody's way.
    folder, commands = Path(sys.prefix) / "iris", Path(sys.executable).parent
    save(sys.argv[1], folder)
    # MLflow looks for its server, uvicorn, where the shell does.
    os.environ["PATH"] = f"{commands}{os.pathsep}{os.environ['PATH']}"
    arguments = ["models", "serve", "--model-uri", str(folder), "--env-manager", "local"]
    arguments += ["--host", "127.0.0.1", "--port", sys.argv[2], "--workers", "2"]
    os.execv(commands / "mlflow", ["mlflow", *arguments])  # noqa: S606  a command of our own words

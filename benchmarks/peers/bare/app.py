"""As little as a WSGI app can do, under the api's own gunicorn: what is left to gain by doing less in the api."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

ANSWER = (
    b'{"label": "setosa", "model": "iris", "probabilities": {"setosa": 0.975, "versicolor": 0.025, "virginica": 0.0},'
    b' "version": "1", "warnings": []}'
)
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]


class NoModels:
    """Stands where the api has its registry, which the gunicorn settings have watched."""

    def refresh(self) -> None:
        """There is nothing to look at."""


class Bare:
    """Reads the body and gives one answer to everything, readiness too."""

    def __init__(self) -> None:
        self.extensions = {"registry": NoModels()}
        self.wsgi_app = self

    def predict_batch(self, environs: Sequence[object]) -> list[None]:
        """Leave every request to a thread: the worker asks for it before it calls the app."""
        return [None] * len(environs)

    reject_batch = predict_batch

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI asks it."""
        environ["wsgi.input"].read()
        start_response("200 OK", HEADERS)
        return [ANSWER]


app = Bare()

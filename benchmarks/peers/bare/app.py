"""As little as a WSGI app can do. The api is compared with what gunicorn's own worker with threads makes of it."""

from collections.abc import Callable, Iterable
from typing import Any

ANSWER = (
    b'{"label": "setosa", "model": "iris", "probabilities": {"setosa": 0.975, "versicolor": 0.025, "virginica": 0.0},'
    b' "version": "1", "warnings": []}'
)
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body and give one answer to everything, readiness too."""
    environ["wsgi.input"].read()
    start_response("200 OK", HEADERS)
    return [ANSWER]

"""Which requests are for predictions, and of which model."""

import re
from typing import Any

_PREDICT = re.compile(r"/predict|/models/([^/]+)/predict|/v2/models/([^/]+)(?:/versions/[^/]+)?/infer")


def predicted_model(environ: dict[str, Any], default_model: str) -> str | None:
    """Return the name in the path of a request for predictions, which may be no model's; None for other requests."""
    if environ["REQUEST_METHOD"] != "POST" or not (match := _PREDICT.fullmatch(environ["PATH_INFO"])):
        return None
    return match[1] or match[2] or default_model

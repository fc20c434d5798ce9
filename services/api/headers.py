"""The headers of every answer that tell a browser how little it may do with it."""

from flask import Response

_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE = f"{_NOTHING}; style-src 'self'; img-src 'self'; form-action 'self'"
# A drawing has its style inside; opened by itself it is sandboxed, so that no script in it would run.
DRAWING = f"{_NOTHING}; style-src 'unsafe-inline'; sandbox"
DATA = f"{_NOTHING}; form-action 'none'"
POLICIES = {"text/html": PAGE, "image/svg+xml": DRAWING}


def secure(response: Response) -> Response:
    """Put them on an answer."""
    response.headers["Content-Security-Policy"] = POLICIES.get(response.mimetype or "", DATA)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

"""The headers of every answer that tell a browser how little it may do with it."""

from flask import Response

_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE = f"{_NOTHING}; style-src 'self'; img-src 'self'; form-action 'self'"
# Swagger UI sets the style of what it draws, and asks for the document and what its user tries out.
EXPLORER = f"{_NOTHING}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
# A drawing has its style inside; opened by itself it is sandboxed, so that no script in it would run.
DRAWING = f"{_NOTHING}; style-src 'unsafe-inline'; sandbox"
DATA = f"{_NOTHING}; form-action 'none'"
POLICIES = {"text/html": PAGE, "image/svg+xml": DRAWING}


def security(mimetype: str) -> dict[str, str]:
    """Those of an answer of this type."""
    return {
        "Content-Security-Policy": POLICIES.get(mimetype, DATA),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def secure(response: Response) -> Response:
    """Put them on an answer that has none of its own."""
    for name, value in security(response.mimetype or "").items():
        response.headers.setdefault(name, value)
    return response

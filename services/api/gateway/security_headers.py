"""Response headers that restrict what a browser may do with the response."""

from flask import Response

NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE = f"{NOTHING}; style-src 'self'; img-src 'self'; form-action 'self'"
# An SVG has its style inside. Opened by itself it is sandboxed, so that no script in it would run.
DRAWING = f"{NOTHING}; style-src 'unsafe-inline'; sandbox"
DATA = f"{NOTHING}; form-action 'none'"
POLICIES = {"text/html": PAGE, "image/svg+xml": DRAWING}


def security(mimetype: str) -> dict[str, str]:
    """Return the headers of a response of this media type."""
    return {
        "Content-Security-Policy": POLICIES.get(mimetype, DATA),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def secure(response: Response) -> Response:
    """Add the headers to a response that has none of its own."""
    for name, value in security(response.mimetype or "").items():
        response.headers.setdefault(name, value)
    return response

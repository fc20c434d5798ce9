"""Adds response headers that restrict what a browser may do with the response."""

from flask import Response

NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE = f"{NOTHING}; style-src 'self'; img-src 'self'; form-action 'self'"
# An SVG has its style inside. The sandbox stops its scripts when it is opened by itself.
DRAWING = f"{NOTHING}; style-src 'unsafe-inline'; sandbox"
DATA = f"{NOTHING}; form-action 'none'"
POLICIES = {"text/html": PAGE, "image/svg+xml": DRAWING}


def headers_for(media_type: str) -> dict[str, str]:
    """Return the headers of a response of this media type."""
    return {
        "Content-Security-Policy": POLICIES.get(media_type, DATA),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def add_security_headers(response: Response) -> Response:
    """Add the headers that the response does not have already."""
    for name, value in headers_for(response.mimetype or "").items():
        response.headers.setdefault(name, value)
    return response

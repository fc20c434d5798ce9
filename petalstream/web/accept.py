"""Which of two media types a client prefers, by its Accept header."""

from werkzeug.datastructures import MIMEAccept


def prefers_page(accept: MIMEAccept) -> bool:
    """Return whether `accept` ranks HTML above JSON; JSON wins a tie, as in `*/*` or without any Accept.

    Parameters of a type, as in `text/html;charset=utf-8`, do not count.
    """
    types = without_parameters(accept)
    # A wildcard covers problems as it does JSON. A client that names application/problem+json reads JSON.
    return types.quality("text/html") > max(
        types.quality("application/json"), dict(types).get("application/problem+json", 0)
    )


def without_parameters(accept: MIMEAccept) -> MIMEAccept:
    """Return the media types of `accept` with their quality alone."""
    return MIMEAccept([(media_type.partition(";")[0].strip(), quality) for media_type, quality in accept])

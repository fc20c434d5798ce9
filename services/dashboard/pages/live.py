"""Renders the part of a page that lives: the browser gets it with the page, and then once a second."""

import time
from typing import Any

from flask import Flask, render_template

from petalstream.printable import printable
from services.dashboard.pages import charts, confusion, residuals, words
from services.dashboard.snapshot import Snapshot

MODELS = "/models/"
# A snapshot is made twice a second. One that is older is shown with a warning.
MOST_CHARACTERS = 5_000


def register(app: Flask) -> None:
    """Give the templates of `app` the filters that write numbers, times and charts."""
    # What strangers wrote is on many pages. None of it may hide, or turn the writing round.
    app.jinja_env.finalize = _show
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.filters["spark"] = charts.draw_spark
    app.jinja_env.globals |= {
        "draw_charts": charts.draw_charts,
        "draw_residuals": residuals.draw_residuals,
        "confusion": confusion.tabulate,
    }


def _show(value: Any) -> Any:
    """Return text with its control characters escaped, and what a template has made as it is."""
    return printable(value, MOST_CHARACTERS) if type(value) is str else value


def is_page(path: str, snapshot: Snapshot) -> bool:
    """Return whether a path is that of the overview or of a model in the snapshot."""
    return path == "/" or (path.startswith(MODELS) and path.removeprefix(MODELS) in snapshot.models)


def context(path: str, snapshot: Snapshot) -> dict[str, Any]:
    """Return what the templates of a page read; `model` is None on the overview."""
    age = time.time() - snapshot.at
    return {
        "snapshot": snapshot,
        "now": snapshot.at,
        "model": snapshot.models.get(path.removeprefix(MODELS)),
        "stale": words.seconds(age) if age > words.STALE_SECONDS else "",
    }


def render(app: Flask, path: str, snapshot: Snapshot) -> str | None:
    """Return the HTML of the part that lives, None for a path that is no page."""
    if not is_page(path, snapshot):
        return None
    with app.app_context():
        template = "overview_live.html" if path == "/" else "model_live.html"
        return render_template(template, **context(path, snapshot))

"""The frame of every page: the template frame.html, what templates of both services use, and their style."""

from pathlib import Path

from flask import Blueprint, Flask, Response, send_from_directory

from petalstream.web import text_filters

STATIC = Path(__file__).with_name("static")
FILES = sorted(path.name for path in STATIC.iterdir())


def register(app: Flask) -> None:
    """Give `app` the templates and filters, and serve the files of the frame beside its own below /static/."""

    def send_static(filename: str) -> Response:
        return send_from_directory(STATIC if filename in FILES else str(app.static_folder), filename)

    app.view_functions["static"] = send_static
    app.register_blueprint(Blueprint("frame", __name__, template_folder="templates"))
    app.jinja_env.filters.update(text_filters.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

"""The app factory, where the api is wired."""

from flask import Flask

from petalstream import logs, settings
from petalstream.settings import Settings
from services.api import problems, routes
from services.api.registry import Registry


def create_app(configured: Settings | None = None) -> Flask:
    """The api with the models loaded; settings are the environment's unless given."""
    configured = configured or settings.load_or_exit("api")
    logs.configure(configured.log_level)
    app = Flask(__name__, static_folder=None)
    # Werkzeug cuts a body of unknown length off at this size without an error; one byte more tells that it was larger.
    app.config["MAX_CONTENT_LENGTH"] = configured.api_max_body_bytes + 1
    app.extensions["settings"] = configured
    app.extensions["registry"] = Registry.load(configured.models_dir)
    app.register_blueprint(routes.blueprint)
    problems.register(app)
    return app
